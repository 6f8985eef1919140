import Foundation
import NeuralNet
import TestSupport
import Testing

/// Files that lie. Each must be refused with a sentence that names the tensor and the numbers.
@Suite struct SafetensorsHostileTests {
    private func refusal(_ header: String, numbers: Int = 0, length: UInt64? = nil) throws -> String {
        let folder = try TemporaryFolder()
        var bytes = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Data($0) }
        bytes += Data(header.utf8) + Data(repeating: 1, count: numbers)
        let file = try folder.write(bytes, to: "hostile.safetensors")
        return NeuralNetTests.refusal { _ = try Safetensors(file) }
    }

    private func tensor(_ type: String = "F32", _ shape: String = "[2]", _ offsets: String = "[0,8]") -> String {
        #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    @Test func lengthsOfTheHeader() throws {
        #expect(try refusal("", length: 5).contains("expected a header of 5 bytes, found 0"))
        #expect(try refusal("{}", length: 100_000_001).contains("100 MB"))
        #expect(try refusal("{}", length: .max).contains("18446744073709551615"))
        #expect(try refusal("{}", length: 1).contains("expected \"\"\" at byte 1"))
        let folder = try TemporaryFolder()
        let short = try folder.write(Data([1, 2, 3]), to: "short")
        #expect(NeuralNetTests.refusal { _ = try Safetensors(short) }.contains("at least 8 bytes, found 3"))
    }

    @Test func placesOfTensors() throws {
        let overlap = #"{"a":\#(tensor()),"b":\#(tensor("F32", "[2]", "[4,12]"))}"#
        #expect(
            try refusal(overlap, numbers: 12).contains(
                "\"b\" overlaps the tensor before it: expected it to begin at 8, found 4"))
        let gap = #"{"a":\#(tensor()),"b":\#(tensor("F32", "[1]", "[12,16]"))}"#
        #expect(try refusal(gap, numbers: 16).contains("\"b\" leaves a gap: expected it to begin at 8, found 12"))
        #expect(try refusal(#"{"a":\#(tensor())}"#, numbers: 7).contains("\"a\" ends at 8, but only 7 bytes"))
        #expect(try refusal(#"{"a":\#(tensor())}"#, numbers: 9).contains("1 belong to no tensor"))
        #expect(try refusal("{}", numbers: 3).contains("expected 0 bytes of numbers, found 3"))
        let same = #"{"a":\#(tensor()),"b":\#(tensor())}"#
        #expect(try refusal(same, numbers: 8).contains("overlaps"))
    }

    @Test func numbersThatCannotBe() throws {
        let max = "9223372036854775807"
        for (shape, offsets, expected) in [
            ("[2]", "[8,0]", "[begin, end]"), ("[2]", "[0,8,9]", "[begin, end]"), ("[2]", "[-1,7]", "0 or more"),
            ("[-2]", "[0,8]", "0 or more"), ("[2.0]", "[0,8]", "expected \"]\""), ("[2e1]", "[0,8]", "expected \"]\""),
            ("[02]", "[0,8]", "begins with 0"), ("[3]", "[0,8]", "needs 12 bytes, but its offsets 0 to 8 hold 8"),
            ("[\(max),\(max)]", "[0,8]", "more numbers than can be counted"),
            ("[\(max),4,0]", "[0,0]", "more numbers than can be counted"),
            ("[4294967296,4294967296]", "[0,8]", "more numbers than can be counted"),
            ("[1]", "[0,9223372036854775808]", "more than 63 bits"), ("[2]", "[0,\(max)]", "hold \(max)"),
            ("[\"2\"]", "[0,8]", "whole number"), ("2", "[0,8]", "expected \"[\""), ("[]", "[0,8]", "needs 4 bytes"),
        ] {
            let sentence = try refusal(#"{"the.name":\#(tensor("F32", shape, offsets))}"#, numbers: 8)
            #expect(sentence.contains(expected) && sentence.contains("the.name"), "\(shape) \(offsets): \(sentence)")
        }
        let axes = "[" + Array(repeating: "1", count: 65).joined(separator: ",") + "]"
        #expect(
            try refusal(#"{"a":\#(tensor("F32", axes, "[0,4]"))}"#, numbers: 4).contains("at most 64 axes, found 65"))
    }

    @Test func namesThatOccurTwice() throws {
        let twice = #"{"a":\#(tensor()),"a":\#(tensor())}"#
        #expect(try refusal(twice, numbers: 8).contains("the tensor \"a\" occurs twice"))
        let escaped = #"{"a":\#(tensor()),"\u0061":\#(tensor("F32", "[2]", "[8,16]"))}"#
        #expect(try refusal(escaped, numbers: 16).contains("the tensor \"a\" occurs twice"))
        #expect(try refusal(#"{"__metadata__":{"a":"1","a":"2"}}"#).contains("the note \"a\" occurs twice"))
        #expect(try refusal(#"{"__metadata__":{},"__metadata__":{}}"#).contains("occurs twice"))
        #expect(try refusal(#"{"a":{"dtype":"F32","dtype":"F32"}}"#).contains("\"dtype\" is unknown or occurs twice"))
    }

    @Test func typesAndFieldsThatAreUnknown() throws {
        let sentence = try refusal(#"{"a":\#(tensor("F8_E4M3"))}"#, numbers: 8)
        #expect(sentence.contains("tensor \"a\": the type \"F8_E4M3\" is none of I64, F64"))
        #expect(try refusal(#"{"a":{"dtype":"F32","shape":[2]}}"#).contains("found fewer"))
        #expect(try refusal(#"{"a":{"colour":1}}"#).contains("\"colour\" is unknown"))
        #expect(try refusal(#"{"__metadata__":{"a":1}}"#).contains("expected \"\"\""))
    }

    @Test func textThatIsNoJSON() throws {
        for header in [
            "{", "[]", "{}x", "{,}", #"{"a"}"#, #"{"a":\#(tensor()),}"#, #"{"a"#, #"{"\q":1}"#, #"{"\u12"#,
            #"{"\ud800":1}"#,
            "{\"\u{1}\":1}", "null", "{}{}", "{\"a\":[[[[[[[[", "  ", #"{"\"#, #"{"\u"#,
        ] {
            #expect(try !refusal(header).isEmpty, "\(header)")
        }
        var bytes = Data([5, 0, 0, 0, 0, 0, 0, 0]) + Data("{\"".utf8) + Data([0xFF]) + Data("\":".utf8)
        bytes[0] = UInt8(bytes.count - 8)
        let folder = try TemporaryFolder()
        let file = try folder.write(bytes, to: "utf8")
        #expect(NeuralNetTests.refusal { _ = try Safetensors(file) }.contains("no UTF-8"))
    }

    @Test func blanksAndFieldsInAnyOrderAreFine() throws {
        let header = "{ \"a\" : {\n\"data_offsets\":[0 , 1],\"shape\" :[ ],\t\"dtype\":\"BOOL\"} }   "
        let folder = try TemporaryFolder()
        var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        bytes += Data(header.utf8) + [7]
        let file = try Safetensors(folder.write(bytes, to: "a"))
        #expect(try file.bytes("a") == [1], "a truth value other than 0 and 1 is read as true")
    }

    @Test func longNamesAreShortenedInSentences() throws {
        let name = String(repeating: "n", count: 5000)
        #expect(try refusal(#"{"\#(name)":\#(tensor())}"#, numbers: 1).utf8.count < 250)
    }
}
