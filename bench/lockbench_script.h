// What a closed-loop client does, over and over: operations of one or more calls each, the next
// begun when the one before is done.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lockservice/client.h"
#include "paxos/time.h"

namespace bench {

// What comes after a completion.
struct Next {
  enum class Kind : std::uint8_t {
    kGoOn,    // another call was made
    kRest,    // OnRested is to be called after `rest`
    kDone,    // the operation succeeded
    kFailed,  // it did not
  };
  Kind kind = Kind::kGoOn;
  paxos::Duration rest{0};
};

class Script {
 public:
  virtual ~Script() = default;
  [[nodiscard]] virtual bool needs_session() const { return true; }
  // Makes the first call of an operation.
  virtual void Begin(paxos::Instant now, lockservice::Client& client) = 0;
  virtual Next OnCompletion(paxos::Instant now, lockservice::Client& client,
                            const lockservice::Completion& completion) = 0;
  virtual void OnRested(paxos::Instant /*now*/, lockservice::Client& /*client*/) {}
};

// A durable command without effect.
std::unique_ptr<Script> MakeCommitScript();
// Acquires `lock`, waiting if need be, and releases it.
std::unique_ptr<Script> MakeLockScript(const std::string& lock);
// A quorum read that checks the token of `lock`, which the client takes once and keeps.
std::unique_ptr<Script> MakeReadScript(const std::string& lock);

}  // namespace bench
