import Foundation
import TestSupport
import Testing

@testable import Evaluation

@Suite struct StatisticsTests {
    @Test func agreeWithNumPy() throws {
        for sample in try #require(Golden.metrics?.statistics) {
            #expect(abs(try #require(mean(sample.values)) - sample.mean) < 1e-12)
            #expect(abs(try #require(median(sample.values)) - sample.median) < 1e-12)
            for (percent, expected) in sample.percentiles {
                #expect(abs(percentile(sample.values, try #require(Double(percent))) - expected) < 1e-12)
            }
        }
        #expect(mean([]) == nil && median([]) == nil)
    }

    @Test func theBootstrapIsRepeatableAndSensible() throws {
        let values = (0..<40).map { Double($0 % 7) / 7 }
        let first = try #require(bootstrapInterval(ofMean: values, seed: 4))
        let again = try #require(bootstrapInterval(ofMean: values, seed: 4))
        let other = try #require(bootstrapInterval(ofMean: values, seed: 5))
        #expect(first == again)
        #expect(first != other)
        // The normal approximation: mean ± 1.96 standard errors.
        let centre = try #require(mean(values))
        let deviation = (values.map { ($0 - centre) * ($0 - centre) }.reduce(0, +) / 40).squareRoot()
        #expect(abs(first.lower - (centre - 1.96 * deviation / 40.squareRoot())) < 0.012)
        #expect(abs(first.upper - (centre + 1.96 * deviation / 40.squareRoot())) < 0.012)
        let narrow = try #require(bootstrapInterval(ofMean: values, level: 0.5, seed: 4))
        #expect(first.lower < narrow.lower && narrow.upper < first.upper)
    }

    @Test func theBootstrapHandlesFewValues() throws {
        #expect(bootstrapInterval(ofMean: []) == nil)
        let single = try #require(bootstrapInterval(ofMean: [0.7]))
        #expect(single == (0.7, 0.7))
        let equal = try #require(bootstrapInterval(ofMean: [2, 2, 2]))
        #expect(equal == (2, 2))
    }

    @Test func numbersReadAlikeEverywhere() {
        #expect(1234.5678.formatted(decimals: 2) == "1234.57")
        #expect((-0.0004).formatted(decimals: 2) == "0.00")
        #expect((-1.5).formatted(decimals: 1) == "-1.5")
        #expect(Double.nan.formatted(decimals: 3) == "–")
    }
}

@Suite struct TableTests {
    let cases = try! [
        SegmentationEvaluation(of: "a, first", [("WT", drawn(".##."), drawn(".##."))]),
        SegmentationEvaluation(of: "b \"two\"", [("WT", drawn(".##."), drawn(".###"))]),
    ]

    @Test func casesHaveAHeaderAndQuotedNames() {
        let lines = CSVTable(cases, metrics: [.dice, .hd, .trueMillilitres]).text.split(separator: "\n")
        #expect(
            lines == [
                "case,region,dice,hd_mm,true_ml", "\"a, first\",WT,1.0,0.0,0.002", "\"b \"\"two\"\"\",WT,0.8,1.0,0.003",
            ])
    }

    @Test func theSummaryCountsCases() throws {
        let summary = CohortSummary(cases, metrics: [.dice])
        let entry = try #require(summary["WT", .dice])
        #expect(entry.cases == 2 && abs(entry.mean - 0.9) < 1e-12 && entry.lower == 0.8 && entry.upper == 1)
        #expect(summary.table.header.first == "region")
        #expect(summary.table.rows.first?.prefix(4) == ["WT", "dice", "", "2"])
        #expect(try JSONDecoder().decode(CohortSummary.self, from: JSONEncoder().encode(summary)) == summary)
    }

    @Test func filesAreWholeOrNotThere() throws {
        let folder = try TemporaryFolder()
        try CSVTable(header: ["a"], rows: [["1\n2"]]).write(to: folder.file("t.csv"))
        #expect(try String(contentsOf: folder.file("t.csv"), encoding: .utf8) == "a\n\"1\n2\"\n")
        let nowhere = folder.file("no/such/folder/t.csv")
        let error = #expect(throws: EvaluationError.self) { try CSVTable(header: ["a"]).write(to: nowhere) }
        guard case .unwritable(let path, _) = error else { Issue.record("another error"); return }
        #expect(path == nowhere.path)
    }
}
