#include "sim/exhaust_process.h"

#include <algorithm>
#include <tuple>

namespace paxos::sim {

// The same (slot, ballot) with another entry is kept as well: it is what INV-2 looks for.
void Past::Remember(const AcceptedEntry& entry, std::vector<AcceptedEntry>* among) {
  const auto is_before = [](const AcceptedEntry& a, const AcceptedEntry& b) {
    return std::tie(a.slot, a.ballot) < std::tie(b.slot, b.ballot);
  };
  auto place = std::lower_bound(among->begin(), among->end(), entry, is_before);
  for (; place != among->end() && !is_before(entry, *place); ++place)
    if (*place == entry) return;
  among->insert(place, entry);
}

const AcceptedEntry* Past::FindAccepted(Slot slot, const Ballot& ballot) const {
  const auto found = std::find_if(accepted.begin(), accepted.end(), [&](const AcceptedEntry& a) {
    return a.slot == slot && a.ballot == ballot;
  });
  return found == accepted.end() ? nullptr : &*found;
}

Process::Process(const Process& other)
    : node(std::make_unique<Node>(*other.node)),
      now(other.now),
      disk(other.disk),
      past(other.past),
      sent(other.sent) {}

std::uint64_t Process::Fingerprint(NodeId self, const Relabelling& relabel,
                                   const Membership& voters, Campaigns campaigns) const {
  const Slot prefix = node->replica().learner().prefix();
  Fingerprinter fingerprinter(relabel, voters, Viewpoint{self, node->durable(), prefix, campaigns});
  fingerprinter.Write(self);
  fingerprinter.Write(*node);
  fingerprinter.Write(disk.image.ToDurableState());
  if (disk.before) fingerprinter.Write(disk.before->ToDurableState());
  fingerprinter.Write(disk.waiting);
  fingerprinter.Write(past);
  return fingerprinter.value();
}

}  // namespace paxos::sim
