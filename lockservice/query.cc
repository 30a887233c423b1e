#include "lockservice/query.h"

namespace lockservice {

const char* Name(TokenStanding standing) {
  switch (standing) {
    case TokenStanding::kValid:
      return "valid";
    case TokenStanding::kStale:
      return "stale";
    case TokenStanding::kNotHeld:
      return "not held";
    case TokenStanding::kUnknown:
      return "unknown";
  }
  return "?";
}

}  // namespace lockservice
