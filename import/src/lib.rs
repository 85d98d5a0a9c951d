//! ONNX files to calibrated, quantised Hallmark graphs.
