#include "bench/lockbench_script.h"

#include <utility>
#include <variant>

namespace bench {

using lockservice::Client;
using lockservice::Completion;
using lockservice::Granted;
using lockservice::OwnerId;
using lockservice::Token;
using paxos::Instant;

namespace {

constexpr OwnerId kOwner{1};
constexpr Next kGoOn{Next::Kind::kGoOn};
constexpr Next kDone{Next::Kind::kDone};
constexpr Next kFailed{Next::Kind::kFailed};

lockservice::AcquireOptions AcquireOf(const std::string& lock) {
  lockservice::AcquireOptions acquire;
  acquire.name = lock;
  acquire.owner = kOwner;
  return acquire;
}

lockservice::ReleaseOptions ReleaseOf(const std::string& lock, Token token) {
  lockservice::ReleaseOptions release;
  release.name = lock;
  release.owner = kOwner;
  release.token = token;
  return release;
}

template <class Result>
bool Is(const Completion& completion) {
  return std::holds_alternative<Result>(completion.result);
}

class CommitScript final : public Script {
 public:
  void Begin(Instant now, Client& client) override { client.Touch(now); }
  Next OnCompletion(Instant /*now*/, Client& /*client*/, const Completion& completion) override {
    return Is<lockservice::Touched>(completion) ? kDone : kFailed;
  }
};

class LockScript final : public Script {
 public:
  explicit LockScript(std::string lock) : lock_(std::move(lock)) {}

  void Begin(Instant now, Client& client) override { client.Acquire(now, AcquireOf(lock_)); }
  Next OnCompletion(Instant now, Client& client, const Completion& completion) override {
    if (Is<lockservice::Released>(completion)) return kDone;
    const auto* granted = std::get_if<Granted>(&completion.result);
    if (granted == nullptr) return kFailed;
    client.Release(now, ReleaseOf(lock_, granted->token));
    return kGoOn;
  }

 private:
  std::string lock_;
};

// The first operation, which takes the lock, falls into the warm-up.
class ReadScript final : public Script {
 public:
  explicit ReadScript(std::string lock) : lock_(std::move(lock)) {}

  void Begin(Instant now, Client& client) override {
    if (token_ == Token{}) {
      client.Acquire(now, AcquireOf(lock_));
    } else {
      client.Read(now, lockservice::Check{lock_, token_});
    }
  }
  Next OnCompletion(Instant /*now*/, Client& /*client*/, const Completion& completion) override {
    if (const auto* granted = std::get_if<Granted>(&completion.result)) {
      token_ = granted->token;
      return kDone;
    }
    const auto* read = std::get_if<lockservice::ReadResult>(&completion.result);
    const lockservice::QueryReply valid = lockservice::TokenStanding::kValid;
    return read != nullptr && read->reply == valid ? kDone : kFailed;
  }

 private:
  std::string lock_;
  Token token_{};
};

}  // namespace

std::unique_ptr<Script> MakeCommitScript() { return std::make_unique<CommitScript>(); }

std::unique_ptr<Script> MakeLockScript(const std::string& lock) {
  return std::make_unique<LockScript>(lock);
}

std::unique_ptr<Script> MakeReadScript(const std::string& lock) {
  return std::make_unique<ReadScript>(lock);
}

}  // namespace bench
