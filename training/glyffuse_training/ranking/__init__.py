"""The ranker: reads decoded characters and says how well they show a text. It picks the best of several
drawings; it has no part in judging the released model.
"""
