import Foundation
import NeuralNet

extension Catalog {
    /// The networks for diagnosis and brain age.
    static let diagnosis = [
        Entry(
            name: "vision-transformer", task: "classification of slices",
            citation: "Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale, "
                + "ICLR 2021, arXiv:2010.11929",
            inputs: 3, axes: 4, parameters: 86_567_656, gigaflopsPerMegavoxel: 35.1 / 0.050_176, bytesPerVoxel: 260,
            golden: "vision-transformer-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try VisionTransformer(weights, configuration(json, standard: VisionTransformer.Configuration()))
            }),
        Entry(
            name: "volume-transformer", task: "classification of scans",
            citation: "after Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for Image Recognition at "
                + "Scale, ICLR 2021, arXiv:2010.11929, with the sizes of MONAI",
            inputs: 1, parameters: 22_951_682, gigaflopsPerMegavoxel: 12.7 / 1.032_192, bytesPerVoxel: 20,
            golden: "volume-transformer-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try VolumeTransformer(weights, configuration(json, standard: VolumeTransformer.Configuration()))
            }),
        Entry(
            name: "swin-classifier", task: "classification of slices by attention in windows",
            citation: shiftedWindows, inputs: 3, axes: 4, parameters: 28_288_354,
            gigaflopsPerMegavoxel: 9.0 / 0.050_176,
            bytesPerVoxel: 340, golden: "swin-classifier-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try SwinClassifier(weights, configuration(json, standard: SwinClassifier.Configuration()))
            }),
        Entry(
            name: "swin-volume", task: "classification of scans by attention in windows",
            citation: "after " + shiftedWindows, inputs: 1, parameters: 7_443_812,
            gigaflopsPerMegavoxel: 8.9 / 1.032_192, bytesPerVoxel: 60, golden: "swin-volume-small",
            licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try SwinClassifier(weights, configuration(json, standard: SwinClassifier.Configuration.ofVolumes))
            }),
        Entry(
            name: "global-local", task: "the age that a stack of slices shows",
            citation: "He, Grant & Ou, Global-Local Transformer for Brain Age Estimation, IEEE Transactions on Medical "
                + "Imaging 41(1), 213–224, 2022, arXiv:2109.01663",
            inputs: 5, axes: 4, parameters: 20_432_514, gigaflopsPerMegavoxel: 38.4 / 0.0221, bytesPerVoxel: 1500,
            golden: "global-local-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try GlobalLocalTransformer(
                    weights, configuration(json, standard: GlobalLocalTransformer.Configuration()))
            }),
        Entry(
            name: "relation", task: "how the ages of two scans relate",
            citation:
                "after He et al., Deep Relation Learning for Regression and Its Application to Brain Age Estimation, "
                + "IEEE Transactions on Medical Imaging 41(9), 2304–2317, 2022, arXiv:2204.06598",
            inputs: 2, parameters: 3_051_620, gigaflopsPerMegavoxel: 5.3 / 0.902_629, bytesPerVoxel: 40,
            golden: "relation-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try RelationTransformer(weights, configuration(json, standard: RelationTransformer.Configuration()))
            }),
        Entry(
            name: "triamese", task: "the age that a scan shows, seen along three axes",
            citation: "after Zhang & Jiang, Triamese-ViT: A 3D-Aware Method for Robust Brain Age Estimation from MRIs, "
                + "2024, arXiv:2401.09475",
            inputs: 1, parameters: 50_899_249, gigaflopsPerMegavoxel: 6.1 / 0.902_629, bytesPerVoxel: 20,
            golden: "triamese-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try TriameseTransformer(weights, configuration(json, standard: TriameseTransformer.Configuration()))
            }),
        Entry(
            name: "trans-resnet", task: "classes or ages from a few slices of one brain",
            citation: "after Li et al., Trans-ResNet: Integrating Transformers and CNNs for Alzheimer's Disease "
                + "Classification, ISBI 2022, doi:10.1109/ISBI52829.2022.9761549",
            inputs: 1, axes: 4, parameters: 1_173_884, gigaflopsPerMegavoxel: 0.269 / 0.016_384, bytesPerVoxel: 120,
            golden: "trans-resnet-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try TransResNet(weights, configuration(json, standard: TransResNet.Configuration()))
            }),
        Entry(
            name: "resnet", task: "classes or ages from a few slices of one brain, by convolutions alone",
            citation: "after He et al., Deep Residual Learning for Image Recognition, CVPR 2016, arXiv:1512.03385",
            inputs: 1, axes: 4, parameters: 549_884, gigaflopsPerMegavoxel: 0.183 / 0.016_384, bytesPerVoxel: 120,
            golden: "resnet-small", licence: "Apache-2.0", forms: [],
            build: { weights, json in
                try SliceResNet(weights, configuration(json, standard: SliceResNet.Configuration()))
            }),
    ]

    private static let shiftedWindows =
        "Liu et al., Swin Transformer: Hierarchical Vision Transformer using Shifted Windows, ICCV 2021, arXiv:2103.14030"
}
