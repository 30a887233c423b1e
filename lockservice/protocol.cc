#include "lockservice/protocol.h"

namespace lockservice {

const char* Name(RetryReason reason) {
  switch (reason) {
    case RetryReason::kOverloaded:
      return "overloaded";
    case RetryReason::kOutcomeUnknown:
      return "outcome unknown";
    case RetryReason::kSuperseded:
      return "superseded";
    case RetryReason::kWaitsUnwatched:
      return "waits unwatched";
  }
  return "?";
}

}  // namespace lockservice
