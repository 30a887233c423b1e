#include "lockservice/server_limits.h"

#include <string>
#include <utility>
#include <variant>

#include "paxos/archive.h"
#include "paxos/check.h"

namespace lockservice {
namespace {

using Verdict = std::optional<Refused>;

Verdict CheckName(const std::string& name) {
  if (name.empty()) return Refused{"the lock name is empty"};
  if (name.size() <= kNameBytesMax) return std::nullopt;
  return Refused{"the lock name has " + std::to_string(name.size()) + " bytes, at most " +
                 std::to_string(kNameBytesMax) + " are allowed"};
}

Verdict CheckPrefix(const char* what, const std::string& prefix) {
  if (prefix.size() <= kNameBytesMax) return std::nullopt;
  return Refused{std::string(what) + " is longer than any lock name"};
}

Verdict CheckSeq(std::uint64_t seq) {
  return seq == 0 ? Verdict(Refused{"sequence numbers begin at 1"}) : std::nullopt;
}

// One opinion for each thing that can be asked.
struct Judge {
  Verdict operator()(const Acquire& acquire) const {
    if (acquire.note.size() > kNoteBytesMax)
      return Refused{"the note has " + std::to_string(acquire.note.size()) + " bytes, at most " +
                     std::to_string(kNoteBytesMax) + " are allowed"};
    return CheckName(acquire.name);
  }
  Verdict operator()(const Release& release) const { return CheckName(release.name); }
  Verdict operator()(const Touch& /*touch*/) const { return std::nullopt; }

  Verdict operator()(const Check& check) const { return CheckName(check.name); }
  Verdict operator()(const GetLock& get) const { return CheckName(get.name); }
  Verdict operator()(const ListLocks& list) const {
    const Verdict verdict = CheckPrefix("the prefix", list.prefix);
    return verdict ? verdict : CheckPrefix("the name to list from", list.after);
  }
  Verdict operator()(const GetQueue& get) const { return CheckName(get.name); }
  Verdict operator()(const GetSession& /*get*/) const { return std::nullopt; }
  Verdict operator()(const GetTotals& /*get*/) const { return std::nullopt; }

  Verdict operator()(const OpenRequest& open) const {
    if (open.ttl.count() > 0) return std::nullopt;
    return Refused{"a session needs a TTL above 0"};
  }
  Verdict operator()(const CallRequest& call) const {
    const Verdict verdict = CheckSeq(call.seq);
    return verdict ? verdict : std::visit(*this, call.operation);
  }
  Verdict operator()(const CancelRequest& cancel) const { return CheckSeq(cancel.seq); }
  Verdict operator()(const KeepAliveRequest& /*keep_alive*/) const { return std::nullopt; }
  Verdict operator()(const CloseRequest& /*close*/) const { return std::nullopt; }
  Verdict operator()(const ReadRequest& read) const { return std::visit(*this, read.query); }
  Verdict operator()(const StatusRequest& /*status*/) const { return std::nullopt; }
};

}  // namespace

std::optional<Refused> RefuseOversized(const RequestBody& body) {
  return std::visit(Judge{}, body);
}

Result DecodeResult(std::string_view reply, paxos::CommandIndex index) {
  paxos::Result<paxos::SessionResult> result = paxos::Decode<paxos::SessionResult>(reply);
  PAXOS_CHECK("X1", result.has_value(), index);
  return Result{*std::move(result), index};
}

}  // namespace lockservice
