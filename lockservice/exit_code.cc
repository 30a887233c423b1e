#include "lockservice/exit_code.h"

#include <unistd.h>

#include <cstdio>

#include "paxos/check.h"

namespace lockservice {
namespace {

const char* program_name = "";

}  // namespace

void ExitOnBrokenInvariant(const char* program) {
  program_name = program;
  paxos::SetCheckFailureHandler([](const paxos::CheckFailure& failure) {
    std::fprintf(stderr, "%s: %s\n", program_name, failure.ToString().c_str());
    std::fflush(stderr);
    _exit(static_cast<int>(ExitCode::kBug));
  });
}

ExitCode ExitCodeOf(const paxos::Status& status) {
  switch (status.code()) {
    case paxos::ErrorCode::kOk:
      return ExitCode::kOk;
    case paxos::ErrorCode::kInvalidArgument:
      return ExitCode::kConfig;
    case paxos::ErrorCode::kDamaged:
      return ExitCode::kDamaged;
    case paxos::ErrorCode::kNotFound:
      return ExitCode::kNoInput;
    case paxos::ErrorCode::kIo:
      return ExitCode::kDisk;
    case paxos::ErrorCode::kForeign:
      return ExitCode::kForeign;
    case paxos::ErrorCode::kUnavailable:
    case paxos::ErrorCode::kOverloaded:
      return ExitCode::kTryLater;
    case paxos::ErrorCode::kNotPermitted:
      return ExitCode::kNotPermitted;
    case paxos::ErrorCode::kConflict:
      return ExitCode::kConflict;
    case paxos::ErrorCode::kTimeout:
      return ExitCode::kUnreachable;
    case paxos::ErrorCode::kInternal:
      return ExitCode::kBug;
  }
  return ExitCode::kBug;
}

}  // namespace lockservice
