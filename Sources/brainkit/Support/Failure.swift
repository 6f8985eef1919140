import BrainData
import Evaluation
import Foundation
import NeuralNet
import Training

/// How the command ends; scripts depend on these numbers.
enum ExitCode: Int32 {
    case done = 0, someFailed = 2, usage = 64, badData = 65, missing = 66, unavailable = 69, software = 70
    case cannotWrite = 73, memory = 75
}

/// One sentence for the user, and the exit code.
struct Failure: Error {
    let code: ExitCode
    let sentence: String

    init(_ code: ExitCode, _ sentence: String) { (self.code, self.sentence) = (code, sentence) }

    /// What an error of any floor means for the command; nil for those of the argument parser.
    init?(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as ImagingError: self.init(Self.code(of: error), error.description)
        case let error as SignalError: self.init(Self.code(of: error), error.description)
        case let error as NetworkError: self.init(Self.code(of: error), error.description)
        case let error as TrainingError: self.init(.badData, error.description)
        case let error as EvaluationError:
            if case .unwritable = error { self.init(.cannotWrite, "\(error)") } else { self.init(.badData, "\(error)") }
        case let error as CocoaError: self.init(.cannotWrite, error.localizedDescription)
        default: return nil
        }
    }

    private static func code(of error: ImagingError) -> ExitCode {
        switch error {
        case .missing, .layout: .missing
        case .unwritable: .cannotWrite
        case .tooLarge: .memory
        default: .badData
        }
    }

    private static func code(of error: SignalError) -> ExitCode {
        switch error {
        case .missing: .missing
        case .unwritable: .cannotWrite
        case .tooLarge: .memory
        default: .badData
        }
    }

    private static func code(of error: NetworkError) -> ExitCode {
        switch error {
        case .missingFile: .missing
        case .unwritable: .cannotWrite
        case .device: .unavailable
        case .engine(_, let message): message.contains("not enough memory") ? .memory : .software
        default: .badData
        }
    }
}
