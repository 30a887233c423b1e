// Linearizable reads, asked here or by followers (R1).
#include <utility>

#include "paxos/replica.h"

namespace paxos {

// ---- reads ----------------------------------------------------------------------------------

void Replica::AnswerReads() {
  const Leading* leading = proposer_.leading();
  if (leading == nullptr) return;
  const Slot prefix = learner_.prefix();
  const bool may_serve = prefix >= leading->last_recovered;  // [R1]
  for (const ReadAsked& read : reads_.TakeConfirmed(may_serve)) AnswerRead(read, prefix);
}

void Replica::AnswerRead(const ReadAsked& read, Slot slot) {
  if (read.by == options_.self)
    output_.done.push_back(ReadReady{read.tag.id, slot});
  else
    Send(read.by, ReadIndex{read.tag, slot});
}

void Replica::RefuseRead(const ReadAsked& read, Refusal why) {
  if (read.by == options_.self)
    output_.done.push_back(ReadRefused{read.tag.id, why, leader_hint()});
  else
    Send(read.by, ReadIndex{read.tag, std::nullopt});
}

void Replica::On(NodeId from, const AskReadIndex& message) {
  const ReadAsked read{from, message.read};
  if (!IsLeading()) return RefuseRead(read, Refusal::kNotLeader);
  if (const auto refusal = reads_.Ask(read)) RefuseRead(read, *refusal);
}

void Replica::On(NodeId from, const ReadIndex& message) {
  if (message.read.life != options_.life) return;  // asked by an earlier life of this node
  const auto found = remote_reads_.find(message.read.id);
  if (found == remote_reads_.end()) return;
  if (!message.slot) {
    output_.done.push_back(ReadRefused{found->first, Refusal::kNotLeader, leader_hint()});
    return ForgetRemoteRead(found);
  }
  if (found->second.slot) return;  // a repeated answer
  found->second.slot = message.slot;
  indexed_reads_.emplace(*message.slot, found->first);
  if (*message.slot > learner_.prefix() && !IsLeading()) catch_up_.Want(*message.slot, from);
  SettleRemoteReads();
}

void Replica::SettleRemoteReads() {
  while (!indexed_reads_.empty() && indexed_reads_.begin()->first <= learner_.delivered()) {
    const auto [slot, id] = *indexed_reads_.begin();
    output_.done.push_back(ReadReady{id, slot});
    ForgetRemoteRead(remote_reads_.find(id));
  }
}

void Replica::ForgetRemoteRead(std::map<ReadId, RemoteRead>::iterator read) {
  if (read->second.slot) indexed_reads_.erase({*read->second.slot, read->first});
  remote_reads_.erase(read);
}

}  // namespace paxos
