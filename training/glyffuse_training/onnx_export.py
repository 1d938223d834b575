"""Networks as ONNX: opset 17, any batch, float32 in and out, large weights kept as float16, or as int8
where only matrices are multiplied.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from .low_res import LowRes
from .model import Denoiser, decompose_norms

#: Weights smaller than this stay float32.
SMALLEST_HALVED = 256
#: What the names of weights kept as float16 end with.
HALVED = ".half"
#: What the names of weights kept as int8 end with, and of those that are also turned.
QUANTISED, TURNED = "_quantized", "_Transposed"
#: Under what a network's file tells how many drawings it has seen.
DRAWINGS = "drawings"


def averaged(model: Denoiser, state: dict) -> Denoiser:
    """A network with the averaged weights of a checkpoint, rounded to what the export keeps."""
    model.load_state_dict(state["ema"])
    return decompose_norms(halved(model)).eval()


def halved(model: nn.Module) -> nn.Module:
    """The network with its large weights rounded to float16, as the export keeps them."""
    with torch.no_grad():
        for weight in model.parameters():
            if weight.numel() >= SMALLEST_HALVED:
                weight.copy_(weight.half().float())
    return model


def export_denoiser(model: Denoiser, side: int, path: Path, drawings: int = 0) -> None:
    """Writes a denoiser of maps with `side` dots, with the number of drawings that it has seen."""
    example = _example(side, model.embedding_size)
    names = ["sample", "timestep", "text_embeds", "kind"]
    if model.low_res_to_stem is not None:
        example += (torch.zeros(len(example[0]), 1, model.coarse, model.coarse),)
        names.append("low_res")
    _export(model, example, names, path, drawings)


def export_low_res(model: LowRes, path: Path) -> None:
    """Writes the first stage of a cascade, likewise."""
    names = ["sample", "timestep", "text_embeds", "kind"]
    _export(halved(model).eval(), _example(model.side, model.embedding_size), names, path, 0)


def read_weights(path: Path) -> tuple[dict[str, torch.Tensor], int]:
    """The weights of an exported network by their names in training, float32, and the drawings that it
    has seen: what training can go on from.
    """
    graph = onnx.load(path)
    arrays = {stored.name: numpy_helper.to_array(stored).copy() for stored in graph.graph.initializer}
    weights = {}
    for name, values in arrays.items():
        if name.endswith(QUANTISED):
            name = name.removesuffix(QUANTISED)
            zero = arrays[f"{name}_zero_point"].astype(np.float32)
            values = (values - zero) * arrays[f"{name}_scale"]
            if name.endswith(TURNED):
                name, values = name.removesuffix(TURNED), values.T.copy()
        elif name.endswith(("_scale", "_zero_point")):
            continue
        weights[name.removesuffix(HALVED)] = torch.from_numpy(values).float()
    seen = {entry.key: entry.value for entry in graph.metadata_props}.get(DRAWINGS, "0")
    return weights, int(seen)


def _example(side: int, embedding_size: int, batch: int = 2) -> tuple[torch.Tensor, ...]:
    return (
        torch.zeros(batch, 1, side, side),
        torch.zeros(batch, dtype=torch.int64),
        torch.zeros(batch, embedding_size),
        torch.zeros(batch, dtype=torch.int64),
    )


def _export(
    model: nn.Module, example: tuple[torch.Tensor, ...], names: list[str], path: Path, drawings: int
) -> None:
    torch.onnx.export(
        model,
        example,
        path,
        input_names=names,
        output_names=["out_sample"],
        dynamic_axes={name: {0: "batch"} for name in [*names, "out_sample"]},
        opset_version=17,
        # Folded constants would lose the weights' names, which `read_weights` needs; engines fold anyway.
        do_constant_folding=False,
        dynamo=False,
    )
    graph = halve_weights(onnx.load(path))
    graph.metadata_props.add(key=DRAWINGS, value=str(drawings))
    onnx.save(graph, path)


def quantise(path: Path) -> None:
    """Keeps the matrices of an exported network as int8 with a scale each output, and multiplies in int8
    (inputs are quantised as they come). For networks without convolutions: those become slower.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    full = path.with_suffix(".fp32.onnx")
    graph = onnx.load(path)
    casts = {node.input[0]: node for node in graph.graph.node if node.op_type == "Cast"}
    for stored in graph.graph.initializer:
        if stored.name.endswith(HALVED):
            node = casts[stored.name]
            values = numpy_helper.to_array(stored).astype(np.float32)
            stored.CopyFrom(numpy_helper.from_array(values, node.output[0]))
            graph.graph.node.remove(node)
    onnx.save(graph, full)
    quantize_dynamic(
        full, path, op_types_to_quantize=["MatMul", "Gemm"], weight_type=QuantType.QInt8, per_channel=True
    )
    full.unlink()


def halve_weights(graph: onnx.ModelProto) -> onnx.ModelProto:
    """Keeps large float32 weights as float16, each with a cast back that engines fold away."""
    casts, kept = [], []
    for weight in graph.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < SMALLEST_HALVED:
            kept.append(weight)
            continue
        half = weight.name + HALVED
        kept.append(numpy_helper.from_array(values.astype(np.float16), half))
        casts.append(helper.make_node("Cast", [half], [weight.name], to=TensorProto.FLOAT))
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept)
    nodes = [*casts, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)
    onnx.checker.check_model(graph)
    return graph
