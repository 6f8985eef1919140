import BrainData
import Foundation
import Testing

/// What SciPy and MNE make of the same small signals; see `scripts/golden/signals.py`.
struct SignalsGolden: Decodable {
    struct IIR: Decodable {
        struct Case: Decodable {
            let kind, band: String
            let order: Int
            let edges: [Double]
            let rate: Double
            let sos: [[Double]]
            let zeroPhase, causal: [Double]
        }
        let x: [Double]
        let cases: [Case]
        let notch, notched: [Double]
    }
    struct FIR: Decodable {
        struct Case: Decodable {
            let band: String
            let edges, taps, zeroPhase: [Double]
        }
        let x: [Double]
        let cases: [Case]
        let lengths: [[Double?]]
    }
    struct Resampling: Decodable {
        struct Case: Decodable {
            let up, down: Int
            let y: [Double]
        }
        let x: [Double]
        let cases: [Case]
    }
    struct Welch: Decodable {
        struct Case: Decodable {
            let length: Int
            let frequencies, power: [Double]
            let density: [[Double]]
        }
        let x: [[Double]]
        let cases: [Case]
    }
    struct Standardisation: Decodable { let x, plain, started: [Double] }
    struct Patterns: Decodable {
        let x, values, symmetric, eigen: [Double]
        let labels: [String]
        let vectors: [[Double]]
    }
    struct Spline: Decodable { let places, weights: [[Double]] }

    let iir: IIR
    let fir: FIR
    let resampling: Resampling
    let welch: Welch
    let standardisation: Standardisation
    let patterns: Patterns
    let spline: Spline

    static func load() throws -> SignalsGolden {
        let file = try #require(
            Bundle.module.url(forResource: "signals", withExtension: "json", subdirectory: "Golden"))
        return try JSONDecoder().decode(SignalsGolden.self, from: Data(contentsOf: file))
    }

    static func band(_ name: String, _ edges: [Double]) -> IIRFilter.Band {
        switch name {
        case "lowpass": .lowpass(edges[0])
        case "highpass": .highpass(edges[0])
        case "bandpass": .bandpass(edges[0], edges[1])
        default: .bandstop(edges[0], edges[1])
        }
    }
}
