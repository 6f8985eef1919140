import Foundation
import NeuralNet

extension Catalog {
    /// The networks on functional MRI: series of regions, and how regions go together.
    static let functional = [
        Entry(
            name: "brain-network-transformer", task: "classes from functional connectivity, attention and clusters",
            citation: "Kan et al., Brain Network Transformer, NeurIPS 2022, arXiv:2210.06681",
            inputs: 200, axes: 3, parameters: 3_980_890, gigaflopsPerMegavoxel: 0.541 / 0.04, bytesPerVoxel: 18_200,
            golden: "brain-network-transformer-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try BrainNetworkTransformer(
                    weights, configuration(json, standard: BrainNetworkTransformer.Configuration()))
            }),
        Entry(
            name: "st-transformer-style", task: "classes from series of regions, attention over time and regions",
            citation:
                "after Deng et al., Classifying ASD based on time-series fMRI using spatial–temporal transformer, "
                + "Computers in Biology and Medicine 151, 106320, 2022, doi:10.1016/j.compbiomed.2022.106320",
            inputs: 116, axes: 3, parameters: 269_378, gigaflopsPerMegavoxel: 0.0473 / 0.0116, bytesPerVoxel: 3_700,
            golden: "st-transformer-style-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try SpatialTemporalTransformer(
                    weights, configuration(json, standard: SpatialTemporalTransformer.Configuration()))
            }),
        Entry(
            name: "graph-transformer", task: "classes from functional connectivity, attention with a bias by edges",
            citation: "after Ying et al., Do Transformers Really Perform Bad for Graph Representation?, NeurIPS 2021, "
                + "arXiv:2106.05234; stands in for TRSF-Net, of which no text could be found",
            inputs: 200, axes: 3, parameters: 117_266, gigaflopsPerMegavoxel: 0.065 / 0.04, bytesPerVoxel: 15_300,
            golden: "graph-transformer-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try GraphTransformer(weights, configuration(json, standard: GraphTransformer.Configuration()))
            }),
    ]
}
