"""metal-api, with the shapes of its published description as the SDK's models have them."""
