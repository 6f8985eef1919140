import ArgumentParser
import BrainModels

struct Diagnose: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Tell classes from pictures of brains; train and measure networks that do. Research use, not a diagnosis.",
        discussion: """
            EXAMPLE
              brainkit diagnose -i slice.jpg -o slice.csv --model tumour-type --maps maps
              brainkit diagnose benchmark --data train --test test --epochs 40
            """,
        subcommands: [DiagnoseRun.self, DiagnoseTrain.self, DiagnoseBenchmark.self], defaultSubcommand: DiagnoseRun.self
    )
}

struct DiagnoseRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Tell the class of a picture, or of each in a folder. Research use, not a diagnosis.",
        discussion: """
            The table has the columns file, class and the probability p_CLASS of each class. A model of several views takes a \
            folder like that of OASIS, axial, coronal and sagittal. A scan is cut into these planes through the brain, or the axial one \
            for a model of one view. With --maps a picture is written for each: where hiding a part \
            of it lowers the probability of the class that was told; --why has other ways.

            EXAMPLE
              brainkit diagnose -i slice.jpg -o slice.csv --model tumour-type
              brainkit diagnose -i slices -o results.csv --model tumour-type --maps maps --why grad-cam
              brainkit diagnose -i slices -o results.csv --model tumour-type --report results.html
            """)

    @OptionGroup var options: SliceOptions
    @Option(help: "A shipped model, or a model's folder.")
    var model = "tumour-type"

    func run() throws { try SliceRun(options, model: model, tells: .classes).run() }
}

struct Age: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell the age from pictures of brains, with an interval. Research use, not a diagnosis.",
        discussion: """
            The table has the columns file, age, low and high, in years: nine of ten people of the training set lay between low and \
            high when their age was told by a network that had not seen them. A scan is cut into the planes that the model knows.

            EXAMPLE
              brainkit age -i oasis -o ages.csv --model brain-age
              brainkit age -i t1.nii.gz -o age.csv --model brain-age --report age.html
            """)

    @OptionGroup var options: SliceOptions
    @Option(help: "A shipped model, or a model's folder.")
    var model = "brain-age"

    func run() throws { try SliceRun(options, model: model, tells: .age).run() }
}

/// The flags of commands that tell something of slices.
struct SliceOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, help: "A picture (JPEG, PNG), a scan (NIfTI, NRRD, MetaImage, MGH), or a folder of them.")
    var input: String
    @Option(name: .shortAndLong, help: ArgumentHelp("The table to write.", valueName: "file.csv"))
    var output: String
    @Option(help: ArgumentHelp("Also write what the answer hung on, a PNG for each.", valueName: "folder"))
    var maps: String?
    @Option(
        help: """
            How it is found: occlusion hides parts, grad-cam follows gradients to the last map, rollout follows attention back \
            from the class token.
            """)
    var why = "occlusion"
    @Option(
        help: ArgumentHelp("Also write a page with every picture, its map and what was told.", valueName: "file.html"))
    var report: String?
    @Flag(help: "Print one JSON object.")
    var json = false
    @Flag(
        inversion: .prefixedNo,
        help:
            "Of scans, show the network the brain without its head; left out, as the pictures were that it learned from."
    )
    var extract: Bool?
    @OptionGroup var threads: ThreadOptions

    var reason: SliceModel.Reason { SliceModel.Reason(rawValue: why) ?? .occlusion }

    func validate() throws {
        guard SliceModel.Reason(rawValue: why) != nil else {
            throw ValidationError("--why is occlusion, grad-cam or rollout, not \(why)")
        }
    }
}
