import ArgumentParser
import BrainModels
import Foundation
import NeuralNet

/// Runs a network on a raw array: how a user proves that this network is that network.
struct Forward: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run any network on a raw array with any weights.",
        discussion: """
            Reads and writes NumPy's .npy; the answer is float32, C order. Weights load strictly: a tensor that is \
            missing, of another shape or left over is an error that names it.

            EXAMPLE
              brainkit forward --model eoformer --weights eoformer.pth --input scan.npy -o logits.npy
            """)

    @Option(help: "A network of the catalog, or a shipped model.")
    var model: String
    @Option(help: ArgumentHelp("JSON with the sizes that differ from the published ones.", valueName: "file.json"))
    var config: String?
    @Option(help: ArgumentHelp("A .safetensors, .pth or .pt file; a shipped model has its own.", valueName: "file"))
    var weights: String?
    @Option(help: ArgumentHelp("The input, NAME=FILE where a network takes several.", valueName: "x.npy"))
    var input: [NamedInput]
    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("Where the answer goes.", valueName: "y.npy"))
    var output: String
    @Option(help: "For networks with several equal forms, the one to compute; eoformer: folded or branches.")
    var form: String?
    @Option(help: ArgumentHelp("Also writes the map after every stage, NAME.npy each.", valueName: "folder"))
    var allOutputs: String?
    @Option(
        help: ArgumentHelp(
            "Also writes the loss's gradient of every parameter, with --target.", valueName: "file.safetensors"))
    var gradients: String?
    @Option(help: ArgumentHelp("What the loss compares the answer with.", valueName: "t.npy"))
    var target: String?
    @Option(help: "The loss: dice-bce or dice-softmax.")
    var loss = SegmentationLoss.diceAndBinaryCrossEntropy.rawValue
    @Flag(help: "Print one JSON object.")
    var json = false
    @OptionGroup var engine: EngineOptions

    func validate() throws {
        guard (gradients == nil) == (target == nil) else {
            throw ValidationError("--gradients and --target go together")
        }
        guard SegmentationLoss(rawValue: loss) != nil else {
            let known = SegmentationLoss.allCases.map(\.rawValue).joined(separator: " or ")
            throw ValidationError("--loss is \(known), not \(loss)")
        }
    }

    func run() throws {
        let settings = try engine.settings()
        // Whoever compares two networks wants no other rounding than was asked for.
        let type = engine.precision == "auto" ? .float32 : settings.type
        let choice = try NetworkChoice(named: model, configuration: config, form: form)
        let places = try Places(self)
        guard let file = weights.map({ URL(fileURLWithPath: $0) }) ?? choice.weights else {
            throw Failure(.usage, "\(model) ships without weights; name some with --weights")
        }
        let weights = Weights(
            try TensorFiles.open(file), type: type, device: settings.device, trainable: gradients != nil)
        let network = try choice.network(weights)
        let x = try volume(choice).converted(to: type).moved(to: settings.device)
        try checkMemory(choice, x)

        let start = ContinuousClock.now
        let answer = try compute(network, x)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        try places.write(answer, parameters: weights.parameters)
        try report(answer, x, seconds, settings.device, type)
    }

    private func volume(_ choice: NetworkChoice) throws -> Tensor {
        guard input.count == 1 else {
            let names = input.map { $0.name ?? $0.file }.joined(separator: ", ")
            throw Failure(.usage, "\(choice.entry.name) takes one input, and \(input.count) were given: \(names)")
        }
        let x = try Tensor(NumPyArray(URL(fileURLWithPath: input[0].file)))
        guard x.shape.count == choice.entry.axes - 1 else { return x }
        Console.note("the input \(x.shape) has an axis too few: taken as a batch of one")
        return try x.reshaped([1] + x.shape)
    }

    /// Refuses an input whose maps would not fit, before they are computed.
    private func checkMemory(_ choice: NetworkChoice, _ x: Tensor) throws {
        let voxels = x.count / max(1, x.shape.count > 1 ? x.shape[1] : 1)
        let bytes = Double(voxels) * Double(choice.entry.bytesPerVoxel) * Double(x.type.bytes) / 4
        guard x.device != .cpu || bytes <= Double(engine.memory) else {
            throw Failure(
                .memory,
                "\(x.shape) would need about \(Int(bytes / 1e6)) MB of memory and \(engine.memory / 1_000_000) MB "
                    + "may be used: give a smaller input, or raise --max-memory")
        }
    }

    private func compute(_ network: any Layer, _ x: Tensor) throws -> Answer {
        guard let target, let loss = SegmentationLoss(rawValue: loss) else {
            if allOutputs == nil { return Answer(stages: [("logits", try network(x))], loss: nil) }
            return Answer(stages: try stages(network, x), loss: nil)
        }
        let truth = try Tensor(NumPyArray(URL(fileURLWithPath: target)))
        return try Engine.recordingGradients {
            let stages = allOutputs == nil ? [("logits", try network(x))] : try stages(network, x)
            guard let logits = stages.last?.1 else { throw Failure(.software, "the network gave no answer") }
            guard truth.shape == logits.shape else {
                throw Failure(
                    .badData, "the target should have the answer's shape \(logits.shape), found \(truth.shape)")
            }
            let precise = logits.type == .float64 ? logits : try logits.converted(to: .float32)
            let value = try loss(precise, truth.converted(to: precise.type).moved(to: precise.device))
            try value.backward()
            return Answer(stages: stages, loss: try value.doubles().first)
        }
    }

    private func stages(_ network: any Layer, _ x: Tensor) throws -> [(name: String, map: Tensor)] {
        guard let staged = network as? any StagedNetwork else {
            throw Failure(.usage, "\(model) has no stages to write; leave --all-outputs out")
        }
        return try staged.stages(x)
    }

    private func report(
        _ answer: Answer, _ x: Tensor, _ seconds: Double, _ device: Device, _ type: ElementType
    ) throws {
        let shape = answer.stages.last?.map.shape ?? []
        if json {
            try Console.result(
                Summary(
                    model: model, input: x.shape, output: shape, loss: answer.loss, seconds: seconds,
                    device: device.description, precision: "\(type)", threads: Engine.threads,
                    peakBytes: Engine.peakMemory))
        } else if let loss = answer.loss {
            Console.result(String(format: "loss %.9g", loss))
        }
        Console.note(
            String(format: "%@ from %@ in %.2f s on %@, %@", "\(shape)", "\(x.shape)", seconds, "\(device)", "\(type)"))
    }

    /// What the network answered; the last stage is the answer itself.
    struct Answer {
        let stages: [(name: String, map: Tensor)]
        let loss: Double?
    }

    private struct Summary: Encodable {
        let model: String
        let input, output: [Int]
        let loss: Double?
        let seconds: Double
        let device, precision: String
        let threads: Int
        /// Memory of tensors at most.
        let peakBytes: Int

        enum CodingKeys: String, CodingKey {
            case model, input, output, loss, seconds, device, precision, threads
            case peakBytes = "peak_bytes"
        }
    }
}

extension Forward {
    /// The files that a run leaves, all checked before it computes.
    struct Places {
        let output: URL
        let folder, gradients: URL?

        init(_ command: Forward) throws {
            output = try OutputPath.file(command.output)
            gradients = try command.gradients.map(OutputPath.file)
            folder = try command.allOutputs.map(OutputPath.folder)
        }

        func write(_ answer: Answer, parameters: [(name: String, tensor: Tensor)]) throws {
            if let folder {
                for stage in answer.stages {
                    try NumPyArray(stage.map).write(to: folder.appendingPathComponent(stage.name + ".npy"))
                }
            }
            if let gradients {
                let found = try parameters.map { name, tensor in
                    let gradient = try tensor.gradient() ?? Tensor(repeating: 0, shape: tensor.shape)
                    return (name: name, tensor: try gradient.converted(to: .float32))
                }
                try Safetensors.write(found, to: gradients)
            }
            guard let logits = answer.stages.last else { return }
            try NumPyArray(logits.map).write(to: output)
        }
    }
}
