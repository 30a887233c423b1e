#include "paxos/session_command.h"

namespace paxos {

const char* Name(SessionError error) {
  switch (error) {
    case SessionError::kExpired:
      return "session expired";
    case SessionError::kSeqTooFar:
      return "seq too far";
    case SessionError::kAnswered:
      return "answered";
    case SessionError::kTableFull:
      return "session table full";
    case SessionError::kCancelled:
      return "cancelled";
    case SessionError::kBadCommand:
      return "bad command";
  }
  return "unknown";
}

std::string EncodeCommand(const SessionCommand& command) { return Encode(command); }

std::string EncodeResult(const SessionResult& result) { return Encode(result); }

}  // namespace paxos
