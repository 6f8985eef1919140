import ArgumentParser
import BrainData
import Foundation
import Training

struct Synthesise: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make labelled cases with tumours from label maps of heads.",
        discussion: """
            Each case is a folder as BraTS 2021 has it: four contrasts, the tumour (_seg: 1 core, 2 oedema, 4 enhancing), and \
            the brain (_brain). The same label maps, seed and number give the same case. Label maps carry the numbers of \
            FreeSurfer's colour table; those of skull and skin are wanted for --whole-head only.

            EXAMPLE
              brainkit synthesise --label-maps maps -o cases --cases 20 --preview cases.html
            """)

    @Option(help: ArgumentHelp("A folder of label maps of whole heads, or one of them.", valueName: "folder"))
    var labelMaps: String
    @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write case folders into.", valueName: "folder"))
    var output: String
    @Option(help: "How many cases to make.")
    var cases = 1
    @Option(help: "The number of the first case.")
    var first = 0
    @Option(help: "What every case hangs on, beside its number.")
    var seed: UInt64 = 1
    @Flag(help: "Keep skull, skin and eyes.")
    var wholeHead = false
    @Flag(help: "Draw intensities that have nothing to do with any contrast.")
    var randomContrast = false
    @Option(help: ArgumentHelp("Also write pictures of all cases, one self-contained page.", valueName: "file.html"))
    var preview: String?
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...1_000_000).contains(cases), (0...1_000_000_000).contains(first) else {
            throw ValidationError("--cases is from 1 to 1000000, --first from 0 to 1000000000")
        }
    }

    func run() throws {
        let page = try preview.map(OutputPath.file)
        let maps = try HeadMap.maps(in: URL(fileURLWithPath: labelMaps))
        let folder = try OutputPath.folder(output)
        var settings = Synthesis()
        if wholeHead { settings.wholeHead = 1 }
        if randomContrast { settings.randomContrast = 1 }
        let synthesiser = Synthesiser(maps, settings, seed: seed)
        let progress = Progress("synthesising")
        var records: [SyntheticFiles.Sidecar] = []
        var pictures = page.map { _ in SyntheticPreview(seed: seed) }
        for number in first..<first + cases {
            let clock = ContinuousClock.now
            let head = try synthesiser.head(number)
            let seconds = (ContinuousClock.now - clock) / .seconds(1)
            let files = SyntheticFiles(head, in: folder)
            records.append(try files.write(seed: seed, seconds: seconds))
            try pictures?.add(head)
            progress.show(number - first + 1, of: cases, files.name)
            if !json { Console.result(files.folder.path) }
        }
        if let page {
            try pictures?.write(to: page)
            Console.note("wrote \(page.path)")
        }
        if json { try Console.result(["cases": records]) }
    }
}
