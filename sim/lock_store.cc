#include "sim/lock_store.h"

#include "paxos/check.h"

namespace paxos::sim {

FencedStore::Register* FencedStore::Open(const Presented& presented) {
  const LockJudge::Grant* grant = judge_.FindGrant(presented.token);
  PAXOS_CHECK("INV-14", grant != nullptr, presented.name, presented.token);
  const bool is_its_own = grant->name == presented.name && grant->session == presented.session &&
                          grant->owner == presented.owner;
  PAXOS_CHECK("INV-14", is_its_own, presented.name, presented.token, presented.session, grant->name,
              grant->session);
  Register& opened = registers_[presented.name];
  if (presented.token < opened.mark) {
    ++totals_.refused;
    for (LockSpectator* each : judge_.spectators()) each->OnFenced(presented.name, presented.token);
    return nullptr;
  }
  opened.mark = presented.token;
  return &opened;
}

std::optional<std::uint64_t> FencedStore::Read(const Presented& presented) {
  const Register* opened = Open(presented);
  return opened == nullptr ? std::nullopt : std::optional(opened->value);
}

bool FencedStore::Write(const Presented& presented, std::uint64_t value) {
  Register* opened = Open(presented);
  if (opened == nullptr) return false;
  PAXOS_CHECK("INV-14", value == opened->value + 1, presented.name, presented.token, value,
              opened->value);
  opened->value = value;
  ++totals_.writes;
  return true;
}

}  // namespace paxos::sim
