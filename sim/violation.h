// What a judge says when something promised does not hold.
#pragma once

#include <string>

#include "paxos/check.h"
#include "sim/true_time.h"

namespace paxos::sim {

// A broken invariant of the simulator or of the code, with its witnesses.
struct Violation {
  std::string tag{};   // "INV-1", or a rule's tag if the code caught itself
  std::string what{};  // one line
  Time at{};
};

// Turns failed checks, the simulator's and the core's, into exceptions (a Violation) while it
// lives.
class ThrowingChecks {
 public:
  ThrowingChecks() : before_(SetCheckFailureHandler(Throw)) {}
  ~ThrowingChecks() { SetCheckFailureHandler(before_); }
  ThrowingChecks(const ThrowingChecks&) = delete;
  ThrowingChecks& operator=(const ThrowingChecks&) = delete;

 private:
  static void Throw(const CheckFailure& failure) {
    throw Violation{std::string(failure.tag), failure.ToString(), {}};
  }
  CheckFailureHandler before_;
};

}  // namespace paxos::sim
