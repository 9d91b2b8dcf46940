"""metal-apiserver, on the SDK's own server classes."""
