public import Foundation
public import NeuralNet

/// The networks that BrainKit knows, each built from one line here.
public struct Catalog: Sendable {
    /// What is said of a network, whatever weights it gets.
    public struct Entry: Sendable {
        /// What commands call it.
        public let name: String
        /// What it is for, in one line.
        public let task: String
        /// The published work.
        public let citation: String
        /// Channels of the published input; of trials those of the recording, of functional scans the regions.
        public let inputs: Int
        /// Axes of the input: five of scans, `[batch, channel, i, j, k]`, four of trials, `[batch, 1, channel, time]`, and
        /// of pictures, `[batch, channel, row, column]`, three of functional scans, `[batch, region, region]` or
        /// `[batch, frame, region]`.
        public var axes = 5
        /// Parameters of the published size, fixed masks and the moments of batch norms included.
        public let parameters: Int
        /// Operations of the published size for a million voxels in billions, a multiplication and addition being two; of
        /// registration counted on 160×192×224 voxels. For trials a sample of a channel stands for the voxel, for functional
        /// scans a number of the input.
        public let gigaflopsPerMegavoxel: Double
        /// Bytes that the tensors of the published size take in float32 for every voxel of the input, rounded up; of trials
        /// what batches of 16 take beside the weights, EEGformer's of one, and of functional scans the same for every region.
        public let bytesPerVoxel: Int
        /// Golden files that its tests compare with.
        public let golden: String
        /// Under what terms this implementation stands.
        public let licence: String
        /// The equal forms that the network can be computed in, the key `form` of its configuration; mostly none.
        public let forms: [String]
        /// Builds the network. `configuration` is JSON; what it leaves out is as published.
        public let build: @Sendable (Weights, _ configuration: Data?) throws -> any Layer
    }

    /// All networks, in the order of their tasks.
    public static let entries: [Entry] = tumoursAndRegistration + diagnosis + functional

    private static let tumoursAndRegistration = [
        Entry(
            name: "eoformer", task: "segmentation of brain tumours in four MR contrasts",
            citation: "She et al., EoFormer: Edge-Oriented Transformer for Brain Tumor Segmentation, MICCAI 2023, "
                + "LNCS 14223, 333–343, doi:10.1007/978-3-031-43901-8_32",
            inputs: 4, parameters: 6_401_783, gigaflopsPerMegavoxel: 156.0 / 2.097_152, bytesPerVoxel: 320,
            golden: "eoformer-small",
            licence: "Apache-2.0",
            forms: EoFormer.Form.allCases.map(\.rawValue),
            build: { weights, json in try EoFormer(weights, configuration(json, standard: EoFormer.Configuration())) }),
        Entry(
            name: "transmorph", task: "registration of two brain scans by a field of displacements",
            citation: transMorph, inputs: 2, parameters: 46_771_251, gigaflopsPerMegavoxel: 1447.2 / 6.881_28,
            bytesPerVoxel: 970, golden: "transmorph-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try TransMorph(weights, configuration(json, standard: TransMorph.Configuration()))
            }),
        Entry(
            name: "transmorph-diff", task: "registration of two brain scans by a map that does not fold",
            citation: transMorph, inputs: 2, parameters: 46_557_414, gigaflopsPerMegavoxel: 637.2 / 6.881_28,
            bytesPerVoxel: 350, golden: "transmorph-small", licence: "Apache-2.0",
            forms: TransMorphDiff.Form.allCases.map(\.rawValue),
            build: { weights, json in
                try TransMorphDiff(weights, configuration(json, standard: TransMorphDiff.Configuration()))
            }),
        Entry(
            name: "transmorph-bspline", task: "registration of two brain scans by a map of smooth splines",
            citation: transMorph, inputs: 2, parameters: 46_806_307, gigaflopsPerMegavoxel: 984.1 / 6.881_28,
            bytesPerVoxel: 360, golden: "transmorph-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try TransMorphBSpline(weights, configuration(json, standard: TransMorphBSpline.Configuration()))
            }),
        Entry(
            name: "swin-voxelmorph", task: "registration of two brain scans, both ways at once",
            citation:
                "after Zhu & Lu, Swin-VoxelMorph: A Symmetric Unsupervised Learning Model for Deformable Medical Image "
                + "Registration Using Swin Transformer, MICCAI 2022, LNCS 13436, 78–87, doi:10.1007/978-3-031-16446-0_8",
            inputs: 2, parameters: 7_865_148, gigaflopsPerMegavoxel: 108.2 / 6.881_28, bytesPerVoxel: 630,
            golden: "swin-voxelmorph-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try SwinVoxelMorph(weights, configuration(json, standard: SwinVoxelMorph.Configuration()))
            }),
        Entry(
            name: "graformer-dir", task: "registration of two brain scans with a graph over the brain",
            citation:
                "after Yang et al., GraformerDIR: Graph convolution transformer for deformable image registration, "
                + "Computers in Biology and Medicine 148, 105799, 2022, doi:10.1016/j.compbiomed.2022.105799",
            inputs: 2, parameters: 257_795, gigaflopsPerMegavoxel: 558.3 / 6.881_28, bytesPerVoxel: 440,
            golden: "graformer-dir-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try GraformerDIR(weights, configuration(json, standard: GraformerDIR.Configuration()))
            }),
        Entry(
            name: "s3t", task: "motor imagery in EEG, attention over channels and time",
            citation: "Song et al., Transformer-based Spatial-Temporal Feature Learning for EEG Decoding, 2021, "
                + "arXiv:2106.11170",
            inputs: 16, axes: 4, parameters: 8_698, gigaflopsPerMegavoxel: 0.94, bytesPerVoxel: 115,
            golden: "s3t-small",
            licence: "Apache-2.0", forms: [],
            build: { weights, json in try S3T(weights, configuration(json, standard: S3T.Configuration())) }),
        Entry(
            name: "eegformer", task: "trials of EEG, transformers over regions, features and time",
            citation:
                "Wan et al., EEGformer: A transformer-based brain activity classification method using EEG signal, "
                + "Frontiers in Neuroscience 17, 1148855, 2023, doi:10.3389/fnins.2023.1148855",
            inputs: 3, axes: 4, parameters: 9_995_705, gigaflopsPerMegavoxel: 560, bytesPerVoxel: 2_700,
            golden: "eegformer-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in try EEGformer(weights, configuration(json, standard: EEGformer.Configuration())) }
        ),
        Entry(
            name: "eeg-conformer", task: "trials of EEG, convolutions and a transformer over what they find",
            citation: "Song et al., EEG Conformer: Convolutional Transformer for EEG Decoding and Visualization, IEEE "
                + "Transactions on Neural Systems and Rehabilitation Engineering 31, 2023, doi:10.1109/TNSRE.2022.3230250",
            inputs: 22, axes: 4, parameters: 789_652, gigaflopsPerMegavoxel: 5.9, bytesPerVoxel: 390,
            golden: "eeg-conformer-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try EEGConformer(weights, configuration(json, standard: EEGConformer.Configuration()))
            }),
        Entry(
            name: "eegnet", task: "trials of EEG, small convolutions",
            citation: "Lawhern et al., EEGNet: a compact convolutional neural network for EEG-based brain–computer "
                + "interfaces, Journal of Neural Engineering 15, 2018, doi:10.1088/1741-2552/aace8c",
            inputs: 22, axes: 4, parameters: 3_524, gigaflopsPerMegavoxel: 1.2, bytesPerVoxel: 70,
            golden: "eegnet-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in try EEGNet(weights, configuration(json, standard: EEGNet.Configuration())) }),
    ]

    private static let transMorph =
        "Chen et al., TransMorph: Transformer for unsupervised medical image registration, Medical Image Analysis 82, "
        + "102615, 2022, doi:10.1016/j.media.2022.102615"

    /// The entry of this name.
    ///
    /// - Throws: ``NetworkError/configuration(_:)`` that names the known ones.
    public static func entry(named name: String) throws(NetworkError) -> Entry {
        guard let entry = entries.first(where: { $0.name == name }) else {
            let known = entries.map(\.name).joined(separator: ", ")
            throw .configuration("no network is called \"\(name)\"; known are \(known)")
        }
        return entry
    }

    static func configuration<Configuration: Codable>(
        _ json: Data?, standard: Configuration
    ) throws -> Configuration {
        guard let json else { return standard }
        do {
            let given = try keys(of: json), known = try keys(of: JSONEncoder().encode(standard))
            if let stranger = given.subtracting(known).min() {
                let names = known.sorted().joined(separator: ", ")
                throw NetworkError.configuration("it sets \"\(stranger)\", which is none of \(names)")
            }
            return try JSONDecoder().decode(Configuration.self, from: json)
        } catch let error as NetworkError {
            throw error
        } catch let error as DecodingError {
            throw NetworkError.configuration(CardSettings.sentence(error))
        } catch {
            throw NetworkError.configuration("it is no JSON object")
        }
    }

    private static func keys(of json: Data) throws -> Set<String> {
        guard let object = try JSONSerialization.jsonObject(with: json) as? [String: Any] else {
            throw NetworkError.configuration("it is no JSON object")
        }
        return Set(object.keys)
    }
}

/// A network that shows the maps between its stages, for those who compare networks or build on them.
public protocol StagedNetwork: Layer {
    /// Every map by name, in the order of computing; `logits` is the last and what the network answers.
    func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)]
}

extension EoFormer: StagedNetwork {
    public func stages(_ x: Tensor) throws(NetworkError) -> [(name: String, map: Tensor)] {
        let features = try Engine.run { () throws(NetworkError) -> Features in try self.features(x) }
        return Array(zip(["S0", "S1", "S2", "bottleneck"], features.skips))
            + [("decoder", features.decoded), ("logits", features.logits)]
    }
}
