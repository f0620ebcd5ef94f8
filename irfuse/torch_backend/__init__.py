"""`torch.compile(model, backend="irfuse")`: the backend, its graph pass, options, and the reports that it keeps."""
