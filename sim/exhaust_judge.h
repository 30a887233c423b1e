// What must hold in every state of the exhaustive search. A broken rule is a failed check with the
// invariant's tag. Shares no code with the core but its types: quorums, void entries and log time
// are worked out a second time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/exhaust_process.h"

namespace paxos::sim {

// The command that the search lets a node propose for a slot: "b2" is n2's for slot 2.
Command CommandOf(NodeId node, Slot slot);

// A message leaves `self`. INV-3 INV-5 INV-7 P3
void JudgeSend(NodeId self, const Process& process, const Message& message);

// A batch is about to become durable. INV-3 INV-4
void JudgeStore(NodeId self, const Process& process, const std::vector<Record>& batch);

// What the disk marks as chosen is what was learned, and stored. INV-7
void JudgeMark(NodeId self, const Process& process);

// A command is applied. INV-10
void JudgeApply(NodeId self, const Process& process, const ApplyContext& context);

// A proposer is told that its command took effect. INV-11
void JudgeAnswer(NodeId self, const Process& process, const ProposalChosen& answer);

// A leader has proposed as far as it may. INV-23
void JudgeWindow(const ReplicaOptions& options, const Process& process);

// All nodes together, n1 first. INV-1 INV-2 INV-6 INV-7 INV-8 INV-18. True if a slot is chosen.
bool JudgeTogether(const std::vector<const Past*>& pasts);

}  // namespace paxos::sim
