// The resource that locks protect: one register per lock, behind a slow channel, which keeps the
// highest token it saw and refuses lower ones (S5). Holders read a register, then write it back
// plus one; a lost update is two critical sections that interleaved.
//
// INV-14: each token is used by the client that it was granted to, and what a holder writes builds
// on what it read.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "sim/lock_judge.h"

namespace paxos::sim {

class FencedStore {
 public:
  explicit FencedStore(const LockJudge& judge) : judge_(judge) {}

  // Who presents which token for which lock.
  struct Presented {
    std::string name{};
    lockservice::Token token{};
    SessionId session{};
    lockservice::OwnerId owner{};
  };

  // None: the token is stale. Reading raises the mark as well.
  std::optional<std::uint64_t> Read(const Presented& presented);
  // False: the token is stale.
  bool Write(const Presented& presented, std::uint64_t value);

  struct Totals {
    std::uint64_t writes = 0;
    std::uint64_t refused = 0;
  };
  [[nodiscard]] const Totals& totals() const { return totals_; }

 private:
  struct Register {
    lockservice::Token mark{};
    std::uint64_t value = 0;
  };

  // Null: refused.
  Register* Open(const Presented& presented);

  const LockJudge& judge_;
  std::map<std::string, Register> registers_;
  Totals totals_;
};

}  // namespace paxos::sim
