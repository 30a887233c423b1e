#include "paxos/output.h"

namespace paxos {

bool IsKnown(EntryStanding standing) { return standing <= EntryStanding::kVoid; }
bool IsKnown(Refusal refusal) { return refusal <= Refusal::kTooLarge; }

std::string ShortText(EntryStanding standing) {
  return standing == EntryStanding::kVoid ? "void" : "in force";
}

std::string ShortText(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNotLeader:
      return "not leader";
    case Refusal::kOverloaded:
      return "overloaded";
    case Refusal::kTooLarge:
      return "too large";
  }
  return "unknown";
}

}  // namespace paxos
