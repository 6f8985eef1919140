// swift-tools-version: 6.2
import PackageDescription

// libtorch is found in one place only: here. `scripts/bootstrap` puts it into the package; LIBTORCH names another place.
let libtorch = Context.environment["LIBTORCH"] ?? "\(Context.packageDirectory)/.libtorch"

let swift: [SwiftSetting] = [
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "BrainKit",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "BrainData", targets: ["BrainData"]),
        .library(name: "NeuralNet", targets: ["NeuralNet"]),
        .library(name: "Evaluation", targets: ["Evaluation"]),
        .library(name: "BrainModels", targets: ["BrainModels"]),
        .library(name: "Training", targets: ["Training"]),
        .executable(name: "brainkit", targets: ["brainkit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // Floor 0: C
        .target(
            name: "CEngine",
            dependencies: ["CKernels"],
            cxxSettings: [.unsafeFlags(["-I\(libtorch)/include", "-O2"])],
            linkerSettings: [
                .unsafeFlags(["-L\(libtorch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"]),
                .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
            ]),
        .target(name: "CKernels", cxxSettings: [.unsafeFlags(["-O2", "-Wno-psabi"])]),
        .systemLibrary(
            name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"]), .brew(["libdeflate"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
        .systemLibrary(
            name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"]), .brew(["jpeg-turbo"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"]), .brew(["libzip"])]),
        .systemLibrary(name: "CLinear", providers: [.apt(["liblinear-dev"]), .brew(["liblinear"])]),
        .target(name: "CPictures", dependencies: ["CJPEG", "CPNG"]),
        // Floor 1: files without tensors, tensors without millimetres
        .target(name: "BrainData", dependencies: ["CDeflate", "CPictures", "CZlib"], swiftSettings: swift),
        .target(name: "NeuralNet", dependencies: ["CEngine", "CZip"], swiftSettings: swift),
        // Floor 2
        .target(name: "Evaluation", dependencies: ["BrainData", "CPNG"], swiftSettings: swift),
        .target(name: "BrainModels", dependencies: ["NeuralNet", "BrainData", "CLinear"], swiftSettings: swift),
        // Floor 3
        .target(
            name: "Training", dependencies: ["BrainModels", "NeuralNet", "BrainData", "Evaluation", "Yams"],
            swiftSettings: swift),
        // Floor 4
        .executableTarget(
            name: "brainkit",
            dependencies: [
                "Training", "BrainModels", "NeuralNet", "BrainData", "Evaluation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: swift),
        // Tests
        .target(name: "TestSupport", dependencies: ["BrainData"], path: "Tests/TestSupport", swiftSettings: swift),
        .testTarget(
            name: "BrainDataTests", dependencies: ["BrainData", "TestSupport"], resources: [.copy("Golden")],
            swiftSettings: swift),
        .testTarget(
            name: "NeuralNetTests", dependencies: ["NeuralNet", "TestSupport"], resources: [.copy("Golden")],
            swiftSettings: swift),
        .testTarget(
            name: "EvaluationTests", dependencies: ["Evaluation", "BrainData", "TestSupport"],
            resources: [.copy("Golden")],
            swiftSettings: swift),
        .testTarget(
            name: "BrainModelsTests", dependencies: ["BrainModels", "NeuralNet", "BrainData", "TestSupport"],
            resources: [.copy("Golden")], swiftSettings: swift),
        .testTarget(
            name: "TrainingTests",
            dependencies: ["Training", "BrainModels", "Evaluation", "NeuralNet", "BrainData", "TestSupport"],
            swiftSettings: swift),
        .testTarget(
            name: "brainkitTests",
            dependencies: ["brainkit", "BrainData", "NeuralNet", "BrainModels", "Evaluation", "TestSupport"],
            resources: [.copy("Golden")], swiftSettings: swift),
    ],
    cxxLanguageStandard: .cxx20)
