#include "paxos/reads.h"

#include <algorithm>
#include <utility>

namespace paxos {

std::optional<Refusal> Reads::Ask(const ReadAsked& read) {
  if (count_ >= options_.reads_max) return Refusal::kOverloaded;
  waiting_.push_back(read);
  ++count_;
  return std::nullopt;
}

bool Reads::WantsRound() const {
  return !waiting_.empty() && (tagged_.empty() || IsConfirmed(tagged_.back().number));
}

std::uint64_t Reads::BeginRound() {
  ++round_;
  if (!waiting_.empty()) tagged_.push_back(Round{round_, std::exchange(waiting_, {})});
  return round_;
}

void Reads::OnAck(NodeId from, std::uint64_t round) {
  if (round > round_ || !options_.membership.Lists(from)) return;
  std::uint64_t& highest = acked_[from];
  highest = std::max(highest, round);
}

bool Reads::IsConfirmed(std::uint64_t round) const {
  Votes votes;
  for (const auto& [node, acked] : acked_)
    if (acked >= round) votes.Add(options_.membership, node);
  return votes.IsQuorum(options_.membership);
}

std::vector<ReadAsked> Reads::TakeConfirmed(bool may_serve) {
  std::vector<ReadAsked> confirmed;
  while (may_serve && !tagged_.empty() && IsConfirmed(tagged_.front().number)) {
    auto& reads = tagged_.front().reads;
    count_ -= reads.size();
    confirmed.insert(confirmed.end(), reads.begin(), reads.end());
    tagged_.pop_front();
  }
  return confirmed;
}

std::vector<ReadAsked> Reads::Abandon() {
  std::vector<ReadAsked> abandoned;
  for (const Round& round : tagged_)
    abandoned.insert(abandoned.end(), round.reads.begin(), round.reads.end());
  abandoned.insert(abandoned.end(), waiting_.begin(), waiting_.end());
  *this = Reads(options_);
  return abandoned;
}

}  // namespace paxos
