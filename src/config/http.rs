//! The section `[http]`.
use serde::Deserialize;
use std::net::SocketAddr;

/// Where the bot tells about itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// Address with port, or `off`, or empty.
    pub address: String,
}

impl HttpSettings {
    /// The address to listen on; `None` when it is off.
    pub fn listen(&self) -> Option<SocketAddr> {
        self.address.parse().ok()
    }

    /// Notes what makes no sense.
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        let off = matches!(self.address.as_str(), "" | "off");
        if !off && self.listen().is_none() {
            faults.push(format!(
                "http.address is \"{}\": use an address with a port, such as 127.0.0.1:8417, or \"off\"",
                self.address
            ));
        }
    }
}
