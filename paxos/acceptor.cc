#include "paxos/acceptor.h"

#include <utility>

#include "paxos/check.h"

namespace paxos {

Acceptor::Acceptor(const ReplicaOptions& options, const DurableState& durable)
    : promised_(durable.promised),
      forgotten_(durable.forgotten),
      reach_(std::uint64_t{2} * options.alpha) {
  for (const AcceptedEntry& a : durable.accepted) {
    PAXOS_CHECK("A2", a.ballot <= promised_, a.slot, a.ballot, promised_);
    accepted_.emplace(a.slot, a);
  }
}

Acceptor::Answer Acceptor::OnPrepare(const Prepare& prepare, Slot prefix) {
  if (HasPromisedAbove(prepare.ballot)) return {{}, Preempted{prepare.ballot, promised_}};
  Answer answer;
  if (prepare.ballot > promised_) {
    promised_ = prepare.ballot;  // [A1] only ever up
    answer.record = PromisedRecord{promised_};
  }
  Promise promise{prepare.ballot, prefix, forgotten_, {}};
  for (const auto& [slot, accepted] : accepted_) {
    PAXOS_CHECK("P3", slot > prefix, slot, prefix);
    promise.accepted.push_back(accepted);  // [P3] all of them: silence would read as "nothing"
  }
  answer.reply = std::move(promise);
  return answer;
}

namespace {

// A retransmission is the same entry [P2]. A second entry in one ballot can only be a lie: it gets
// no vote.
Acceptor::Answer AnswerRepeated(const Accept& accept, const AcceptedEntry& kept) {
  if (kept.entry != accept.entry) return {};
  return {{}, Accepted{accept.ballot, accept.slot}};
}

// The slot is chosen and its entry stored: that stays. A late Accept of an old ballot may carry
// another entry, which no quorum can accept any more; a new leader's carries the chosen one and
// needs the vote. [C1]
Acceptor::Answer AnswerForChosen(const Accept& accept, bool is_raised) {
  Acceptor::Answer answer{{}, Accepted{accept.ballot, accept.slot}};
  if (is_raised) answer.record = PromisedRecord{accept.ballot};
  return answer;
}

}  // namespace

Acceptor::Answer Acceptor::OnAccept(const Accept& accept, Slot prefix) {
  if (HasPromisedAbove(accept.ballot)) return {{}, Preempted{accept.ballot, promised_}};
  if (accept.slot > prefix + reach_) return {};  // [P3] a Promise could not report it
  const bool is_raised = accept.ballot > promised_;
  promised_ = accept.ballot;  // [A2] accepting is promising
  if (accept.slot <= prefix) return AnswerForChosen(accept, is_raised);
  AcceptedEntry& kept = accepted_[accept.slot];
  if (kept.ballot == accept.ballot) return AnswerRepeated(accept, kept);
  kept = AcceptedEntry{accept.slot, accept.ballot, accept.entry};
  return {AcceptedRecord{accept.slot, accept.ballot, accept.entry},
          Accepted{accept.ballot, accept.slot}};
}

const AcceptedEntry* Acceptor::Find(Slot slot) const {
  const auto found = accepted_.find(slot);
  return found == accepted_.end() ? nullptr : &found->second;
}

void Acceptor::DropChosen(Slot prefix) {
  accepted_.erase(accepted_.begin(), accepted_.upper_bound(prefix));
}

}  // namespace paxos
