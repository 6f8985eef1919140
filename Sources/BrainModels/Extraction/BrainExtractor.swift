public import BrainData
public import NeuralNet

/// Finds the brain in a scan of a head: its tissue, the ventricles, and the fluid between its folds.
///
/// A network answers for each voxel of a coarse grid, and a surface is grown in the scan from the middle
/// (``BrainMask``). They err in different places, so the outline taken is the mean of both: where their signed
/// distances add up to 0. Where they do not agree at all, the network is believed. The outline comes back to the
/// scan's grid linearly and before the threshold, so that it is finer than the coarse voxels; the largest part is
/// kept and its holes are filled.
///
/// In the spirit of Hoopes et al., *SynthStrip: skull-stripping for any brain image*, NeuroImage 260, 2022: what the
/// network learned from was made up from label maps, so that any contrast will do. Averaging signed distances as in
/// Rohlfing and Maurer, *Shape-based averaging*, IEEE Transactions on Image Processing 16, 2007.
public struct BrainExtractor: Sendable {
    /// How a brain was found.
    public enum Method: String, Sendable, Codable, CustomStringConvertible {
        /// The skull was taken off before: the brain is what is not 0.
        case stripped
        /// The mean of ``network`` and ``surface``.
        case consensus
        case network
        /// A surface grown from the middle, without a network: ``BrainMask``.
        case surface

        /// For reports.
        public var description: String {
            switch self {
            case .stripped: "what is not zero, as the skull was off already"
            case .consensus: "the mean outline of a network and of a surface grown from the middle"
            case .network: "found by a network"
            case .surface: "a surface grown from the middle (Smith 2002)"
            }
        }
    }

    /// Dice of network and surface from which on both are believed.
    private static let agreement = 0.8

    private let network: EoFormer
    private let spacing: Double
    private let isAlone: Bool
    /// Grows the surface; tests put a quicker one here.
    var surface: @Sendable (Volume) -> Mask = { BrainMask.grown($0) }
    private let window: SlidingWindow
    private let precision: ElementType
    private let device: Device

    /// - Parameters:
    ///   - network: of one input and one output.
    ///   - spacing: the side of its voxels in millimetres.
    ///   - isAlone: whether the network is believed wherever no skull was taken off.
    public init(
        _ network: EoFormer, spacing: Double, window: SlidingWindow = .init(), isAlone: Bool = false,
        precision: ElementType = .float32, device: Device = .cpu
    ) {
        (self.network, self.spacing, self.window, self.isAlone) = (network, spacing, window, isAlone)
        (self.precision, self.device) = (precision, device)
    }

    /// Builds the network of a shipped model from its weights.
    ///
    /// - Throws: ``NetworkError`` where it is no model for brains, or its weights do not fit.
    public init(
        _ model: ShippedModel, isAlone: Bool = false, precision: ElementType = .float32, device: Device = .cpu
    ) throws(NetworkError) {
        let card = try model.card(for: .brain)
        let weights = Weights(try TensorFiles.open(model.weights), type: precision, device: device)
        let network = try EoFormer(weights, card.configuration(as: EoFormer.Configuration.self))
        try weights.finish()
        let input = try card.input(as: TumourInput.Contract.self)
        self.init(
            network, spacing: input.spacing, window: card.window ?? .init(), isAlone: isAlone, precision: precision,
            device: device)
    }

    /// The brain on the scan's grid.
    ///
    /// - Throws: ``ImagingError`` where the scan shows no brain, ``NetworkError`` where the engine fails.
    public func brain(
        in scan: Volume, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> (mask: Mask, method: Method) {
        if let mask = BrainMask.stripped(scan) { return (mask, .stripped) }
        return try inHead(scan, progress)
    }

    /// The brain in a scan whose skull is in view.
    private func inHead(
        _ scan: Volume, _ progress: (_ done: Int, _ total: Int) -> Void
    ) throws -> (mask: Mask, method: Method) {
        let input = try HeadInput(scan, spacing: spacing)
        var (outline, method) = (try logits(of: input, progress), Method.network)
        if !isAlone, let mean = try consensus(outline, input, scan) { (outline, method) = (mean, .consensus) }
        let answer = try input.restored(outline, outside: -20)
        let mask = Mask(grid: scan.grid, voxels: answer.voxels.map { $0 >= 0 }).largestComponent(.faces).holesFilled()
        guard mask.count > 0 else {
            throw ImagingError.geometry("expected a head with a brain, found nothing that looks like one")
        }
        return (mask, method)
    }

    /// How far inside the mean of both outlines each voxel lies, in millimetres; nil where they do not agree.
    private func consensus(_ logits: [Float], _ input: HeadInput, _ scan: Volume) throws(ImagingError) -> [Float]? {
        let network = Mask(grid: input.grid, voxels: logits.map { $0 >= 0 }).largestComponent(.faces).holesFilled()
        let surface = try input.prepared(surface(scan))
        let (common, both) = (network.intersection(surface).count, network.count + surface.count)
        guard common > 0, common < input.grid.count, 2 * Double(common) >= Self.agreement * Double(both) else {
            return nil
        }
        return zip(network.signedDistances(), surface.signedDistances()).map { ($0 + $1) / 2 }
    }

    /// The brain in the first of several contrasts that is there; nil where none is, or where nothing finds it.
    ///
    /// - Parameter extractor: asked for where a skull is in view, and only then.
    public static func brain(
        in images: [Contrast: Volume], _ order: [Contrast], by extractor: () throws -> BrainExtractor?
    ) throws -> (mask: Mask, method: Method)? {
        guard let first = order.first(where: { images[$0] != nil }), let scan = images[first] else { return nil }
        if let mask = BrainMask.stripped(scan) { return (mask, .stripped) }
        return try extractor().map { try $0.inHead(scan) { _, _ in } }
    }

    private func logits(
        of input: HeadInput, _ progress: (_ done: Int, _ total: Int) -> Void
    ) throws(NetworkError) -> [Float] {
        let volume = try Tensor(channels: [input.voxels], size: input.grid.size)
        let answer = try window(volume, outputs: 1, progress: progress) { (window) throws(NetworkError) in
            try network(window.converted(to: precision).moved(to: device))
        }
        return try answer.selecting(0, along: 0).voxels()
    }
}
