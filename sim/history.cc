#include "sim/history.h"

#include <ostream>

#include "paxos/json_writer.h"

namespace paxos::sim {

std::string ShortText(Deed deed) {
  switch (deed) {
    case Deed::kAcquire:
      return "acquire";
    case Deed::kTry:
      return "try";
    case Deed::kRelease:
      return "release";
    case Deed::kCheck:
      return "check";
    case Deed::kGet:
      return "get";
    case Deed::kEnd:
      return "end";
  }
  return "?";
}

std::string ShortText(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOpen:
      return "open";
    case Outcome::kNoEffect:
      return "no effect";
    case Outcome::kGranted:
      return "granted";
    case Outcome::kReleased:
      return "released";
    case Outcome::kHeldBy:
      return "held by";
    case Outcome::kStale:
      return "stale";
    case Outcome::kNoSuchGrant:
      return "no such grant";
    case Outcome::kNotOwner:
      return "not owner";
    case Outcome::kEnded:
      return "ended";
  }
  return "?";
}

namespace {

template <class Line>
void WriteLine(const Line& line, std::ostream& out) {
  std::string text;
  JsonWriter(&text).Write(line);
  out << "{\"" << Line::kName << "\":" << text << "}\n";
}

}  // namespace

Status Save(const History& history, std::ostream& out) {
  WriteLine(HistoryHead{}, out);
  for (const Deal& deal : history.deals) WriteLine(deal, out);
  for (const Belief& belief : history.beliefs) WriteLine(belief, out);
  out.flush();
  return out ? Status::Ok() : Status(ErrorCode::kIo, "write a history: the stream failed");
}

}  // namespace paxos::sim
