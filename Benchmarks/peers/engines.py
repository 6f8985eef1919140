"""The engines that EoFormer is run in: each function readies one and returns its forward pass, from patch to logits."""
import numpy


def pytorch(folder, threads, precision, channels_last):
    """PyTorch eager. The branches are folded beforehand, which the published network does anew on every forward."""
    import torch
    from network import folded, load
    torch.set_num_threads(threads)
    layout = torch.channels_last_3d if channels_last else torch.contiguous_format
    number = getattr(torch, precision)
    network = folded(load(folder / "weights.safetensors")).to(dtype=number, memory_format=layout)
    patch = torch.from_numpy(numpy.load(folder / "patch.npy")).to(dtype=number, memory_format=layout)

    @torch.inference_mode()
    def forward():
        return network(patch).float().numpy()
    return forward


def onnx_runtime(folder, threads, precision):
    """ONNX Runtime, float32 only: its kernels for processors know no bfloat16."""
    import onnxruntime
    assert precision == "float32"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(folder / "network.onnx", options, providers=["CPUExecutionProvider"])
    patch = numpy.load(folder / "patch.npy")
    return lambda: session.run(None, {"scan": patch})[0]


def openvino(folder, threads, precision):
    import openvino
    settings = {"INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision],
                "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(folder / "network.onnx", "CPU", settings)
    request = compiled.create_infer_request()
    patch = numpy.load(folder / "patch.npy")

    def forward():
        answer = request.infer({0: patch}, share_inputs=True, share_outputs=True)
        return answer[compiled.output(0)].astype(numpy.float32, copy=False)
    return forward
