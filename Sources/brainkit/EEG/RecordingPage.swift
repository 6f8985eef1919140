import BrainData
import Evaluation
import Foundation

/// The page about one recording.
struct RecordingPage {
    private var recording: Recording
    private let name: String
    private let start, seconds, mains: Double
    private let unplaced: [String]
    /// Spectra are taken over so much at most, from the middle.
    private static let longest = 120.0
    private static let mostTraces = 72

    init(_ recording: Recording, name: String, start: Double, seconds: Double, mains: Double) {
        var recording = recording
        unplaced = recording.placeByName()
        self.recording = recording
        (self.name, self.start, self.seconds, self.mains) = (name, start, seconds, mains)
    }

    func report() throws -> Report {
        let main = recording.mainChannels
        guard !main.isEmpty else { throw Failure(.badData, "the recording holds no channel but trigger lines") }
        let picked = recording.picking(main)
        let rate = picked.channels[0].rate
        let count = main.indices.map(picked.count).min() ?? 0
        let length = min(count, Int(Self.longest * rate))
        let middle = (count - length) / 2
        let signal = try filtered(picked.signal(middle..<middle + length))
        let bad = signal.badChannels()
        var report = Report(title: "EEG recording", subject: name)
        report.warnings = warnings(bad, signal)
        report.sections = [.highlights(highlights), .traces(try traces(picked, rate, count, bad, signal))]
        if signal.count > 8 {
            let spectrum = try Spectrum.welch(signal, length: min(signal.count, Int((2 * rate).rounded())))
            report.sections.append(.chart(chart(spectrum, signal, bad)))
            if let maps = maps(spectrum, signal, bad) { report.sections.append(maps) }
        }
        report.sections += [.narrowTable(channels(bad, signal)), .narrowTable(events), repairs]
        return report
    }

    /// Without drift and mains, where the stretch is long enough for the filters.
    private func filtered(_ signal: Signal) throws -> Signal {
        var clean = signal
        if signal.rate > 4, signal.count > 100 {
            clean = try IIRFilter.butterworth(order: 2, .highpass(1), rate: signal.rate).zeroPhase(clean)
        }
        if mains > 0, mains < 0.49 * signal.rate, signal.count > 100 {
            clean = try IIRFilter.notch(mains, rate: signal.rate).zeroPhase(clean)
        }
        return clean
    }

    private func warnings(_ bad: [BadChannel], _ signal: Signal) -> [String] {
        var sentences: [String] = []
        if !recording.repairs.isEmpty {
            sentences.append("The file had \(recording.repairs.count) oddities; see the repairs below.")
        }
        if !bad.isEmpty {
            let names = bad.map { signal.channels[$0.channel].name }.joined(separator: ", ")
            sentences.append("These channels stand out from the others: \(names).")
        }
        return sentences
    }

    private var highlights: [Report.Highlight] {
        let rates = Set(recording.channels.map(\.rate)).sorted().map {
            $0.formatted(decimals: $0 == $0.rounded() ? 0 : 2)
        }
        return [
            .init("Format", recording.format), .init("Channels", "\(recording.channels.count)"),
            .init("Rate", rates.joined(separator: ", "), unit: "Hz"),
            .init("Duration", recording.duration.formatted(decimals: 1), unit: "s"),
            .init("Events", "\(recording.events.count)"), .init("Repairs", "\(recording.repairs.count)"),
        ]
    }

    private func traces(
        _ picked: Recording, _ rate: Double, _ count: Int, _ bad: [BadChannel], _ signal: Signal
    ) throws -> TracePlot {
        // Filters need a run-up, which is then cut off.
        let first = min(Int((start * rate).rounded()), max(0, count - 1))
        let end = min(count, first + max(2, Int((seconds * rate).rounded())))
        let before = max(0, first - Int(2 * rate)), behind = min(count, end + Int(2 * rate))
        let window = try filtered(picked.signal(before..<behind))
        let marked = Set(bad.map { signal.channels[$0.channel].name })
        let shown = window.channels.indices.prefix(Self.mostTraces).map { n in
            TracePlot.Trace(
                window.channels[n].name, Array(window.row(n)[(first - before)..<(end - before)]),
                isMarked: window.channels[n].isBad || marked.contains(window.channels[n].name))
        }
        let marks = recording.events.prefix(100_000).filter { $0.onset >= start && $0.onset <= start + seconds }
            .prefix(60).map { TracePlot.Mark($0.onset, $0.label) }
        let more = window.channels.count > Self.mostTraces ? " (the first \(Self.mostTraces) channels)" : ""
        return TracePlot(
            title: "Traces\(more)", traces: shown, start: Double(first) / rate, rate: rate, marks: Array(marks),
            unit: window.channels[0].unit)
    }

    private func chart(_ spectrum: Spectrum, _ signal: Signal, _ bad: [BadChannel]) -> LineChart {
        let shown = spectrum.frequencies.indices.filter {
            spectrum.frequencies[$0] >= 0.5 && spectrum.frequencies[$0] <= 80
        }
        func curve(_ name: String, _ value: (Int) -> Double) -> LineChart.Series {
            LineChart.Series(name, shown.map { (spectrum.frequencies[$0], value($0)) })
        }
        func across(_ percent: Double) -> (Int) -> Double {
            { n in percentile(spectrum.density.map { $0[n] }.map { $0.isFinite ? $0 : 0 }, percent) }
        }
        var series = [curve("median channel", across(50)), curve("10 %", across(10)), curve("90 %", across(90))]
        if signal.channels.count <= 3 {
            series = signal.channels.indices.map { n in curve(signal.channels[n].name) { spectrum.density[n][$0] } }
        } else {
            series += bad.prefix(3).map { one in
                curve(signal.channels[one.channel].name) { spectrum.density[one.channel][$0] }
            }
        }
        return LineChart(
            title: "Spectra", xTitle: "Hz", yTitle: "\(signal.channels[0].unit)²/Hz", series: series,
            isLogarithmic: true)
    }

    /// The power of each rhythm over the head, in decibels; nil where fewer than four electrodes have a place.
    private func maps(_ spectrum: Spectrum, _ signal: Signal, _ bad: [BadChannel]) -> Report.Section? {
        let out = Set(bad.map(\.channel))
        let placed = signal.channels.indices.filter {
            signal.channels[$0].kind == .eeg && signal.channels[$0].position != nil && !signal.channels[$0].isBad
                && !out.contains($0)
        }
        var seen = Set<SIMD3<Double>>()
        let different = placed.filter { signal.channels[$0].position.map { seen.insert($0).inserted } ?? false }
        guard different.count >= 4 else { return nil }
        let places = different.compactMap { signal.channels[$0].position }
        let centre = SphericalSpline.centre(of: places)
        let maps = Rhythm.allCases.filter { $0.band.high < signal.rate / 2 }.map { rhythm in
            let power = spectrum.power(from: rhythm.band.low, to: rhythm.band.high)
            let electrodes = zip(different, places).map { channel, place in
                ScalpMap.Electrode(
                    signal.channels[channel].name, at: place - centre, value: 10 * log10(max(power[channel], 1e-12)))
            }
            let (low, high) = rhythm.band
            return ScalpMap(
                "\(rhythm.rawValue) \(low.formatted(decimals: 0))–\(high.formatted(decimals: 0)) Hz", electrodes,
                unit: "dB")
        }
        let left = signal.channels.indices.filter { !different.contains($0) }.map { signal.channels[$0].name }
        return .scalpMaps(
            "Power over the head", maps,
            note: "Decibels of squared \(signal.channels[0].unit). Nose on top."
                + (left.isEmpty ? "" : " Not used: \(left.joined(separator: ", "))."))
    }

    private func channels(_ bad: [BadChannel], _ signal: Signal) -> ReportTable {
        let why = Dictionary(bad.map { (signal.channels[$0.channel].name, $0.reason.rawValue) }) { first, _ in first }
        return ReportTable(
            "Channels", columns: ["Name", "Kind", "Unit", .number("Rate", unit: "Hz"), "Remark"],
            rows: recording.channels.map { channel in
                let remarks = [
                    channel.isBad ? "marked bad" : nil, why[channel.name].map { "stands out: \($0)" },
                    unplaced.contains(channel.name) && channel.kind == .eeg ? "no place" : nil,
                ].compactMap { $0 }
                return [
                    ReportTable.Cell(channel.name), ReportTable.Cell(channel.kind.rawValue),
                    ReportTable.Cell(channel.unit),
                    ReportTable.Cell(channel.rate.formatted(decimals: 0)),
                    ReportTable.Cell(remarks.joined(separator: "; ")),
                ]
            })
    }

    private var events: ReportTable {
        let groups = Dictionary(grouping: recording.events, by: \.label)
        let rows = groups.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(40).map {
            label, events in
            [
                ReportTable.Cell(label), ReportTable.Cell("\(events.count)"),
                ReportTable.Cell((events.map(\.onset).min() ?? 0).formatted(decimals: 2)),
                ReportTable.Cell((events.map(\.onset).max() ?? 0).formatted(decimals: 2)),
            ]
        }
        return ReportTable(
            "Events", columns: ["Label", .number("Number"), .number("First", unit: "s"), .number("Last", unit: "s")],
            rows: Array(rows), note: groups.count > 40 ? "and \(groups.count - 40) other labels" : "")
    }

    private var repairs: Report.Section {
        recording.repairs.isEmpty
            ? .text("Repairs", "Nothing in the file had to be mended.")
            : .steps("Repairs", recording.repairs.map(\.description))
    }
}
