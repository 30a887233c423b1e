// What runs above a simulated client: opens sessions, acquires in every way, releases rightly and
// wrongly, reads, cancels, and updates what its locks protect. It is told what to do by chance and
// remembers only what its client told it.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include "sim/lock_client.h"
#include "sim/lock_store.h"

namespace paxos::sim {

struct LockUserOptions {
  std::size_t hot_locks = 2;
  std::size_t cold_locks = 1000;
  Duration think_mean = milliseconds{300};
  Duration ttl_min = milliseconds{500};
  Duration ttl_max = seconds{10};
  std::size_t pending_max = 4;
  std::size_t held_max = 4;
  // The way to the store and back: log-uniform.
  Duration store_min = microseconds{100};
  Duration store_max = seconds{5};
};

class LockUser final : public LockUserEvents {
 public:
  LockUser(EventQueue& queue, Trace& trace, FencedStore& store, LockChronicle& chronicle,
           Random random, const LockUserOptions& options)
      : queue_(queue),
        trace_(trace),
        store_(store),
        chronicle_(chronicle),
        random_(random),
        options_(options) {}

  // Before the client starts.
  void Attach(LockClient& client) { client_ = &client; }
  // Releases what it holds, closes its session once every call is completed, begins nothing new.
  void WindDown();
  // Empty once that is so; or " waits for a call" and the like.
  [[nodiscard]] std::string WhyNotDone() const;
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] bool IsWaiting() const { return !pending_.empty(); }

  // ---- LockUserEvents
  void OnStarted() override;
  void OnDied() override;
  void OnCompletion(const lockservice::Completion& completion) override;
  void OnQueued(lockservice::CallId acquire) override;
  void OnState(const lockservice::StateChange& change) override;

 private:
  struct Wanted {
    std::string name{};
    lockservice::OwnerId owner{};
  };
  struct Held {
    Wanted lock{};
    lockservice::Token token{};
    std::uint32_t count = 0;
  };
  struct PendingCall {
    lockservice::CallId id{};
    const char* what = "";
    ClientJudge::Asked asked{};
    std::optional<Wanted> acquire{};
    std::optional<Held> release{};
    std::optional<LockChronicle::DealId> deal{};
  };

  // What a process leaves to the next one, as a script leaves it to another command.
  struct Legacy {
    SessionId session{};
    std::chrono::milliseconds ttl{};
    std::vector<Held> held{};
  };

  void ActSoon();
  void Act();
  void Open();
  void Inherit(Legacy legacy);
  void Touch();
  void Ensure();
  void Close();
  void Acquire();
  void AcquireAgain();
  void Release(Held& held);
  void ReleaseAll();
  void ReleaseWrongly();
  void CloseIfDone();
  void AcquireOddly();
  void Cancel();
  void ReadSomething();
  void AskNonsense();
  void Update(Held& held);
  void FinishUpdate(const FencedStore::Presented& presented, std::uint64_t life,
                    std::optional<std::uint64_t> read);

  [[nodiscard]] bool HasSession() const;
  [[nodiscard]] SessionId Session() const;
  [[nodiscard]] Wanted PickLock();
  Held* PickHeld();
  [[nodiscard]] std::optional<Duration> PickTimeout();
  Held* Find(const Wanted& lock, lockservice::Token token);
  Held& Hold(const Wanted& lock, lockservice::Token token);
  void OnGranted(const Wanted& lock, lockservice::Token token);
  void OnReleaseRefused(const Held& released);
  // Has `ask` call the client, and remembers the call that it returns.
  using Ask = std::function<lockservice::CallId(lockservice::Client&, Instant)>;
  void Call(PendingCall call, const Ask& ask);
  void CallAcquire(const lockservice::AcquireOptions& options);
  void CallRelease(const lockservice::ReleaseOptions& options, const std::optional<Held>& released);
  void CallRead(const lockservice::Query& query);

  EventQueue& queue_;
  Trace& trace_;
  FencedStore& store_;
  LockChronicle& chronicle_;
  Random random_;
  LockUserOptions options_;
  LockClient* client_ = nullptr;
  std::uint64_t life_ = 0;
  std::optional<Legacy> legacy_{};  // of this life so far, or of the last one
  enum class Role : std::uint8_t { kOwner, kHeir, kRenewer } role_ = Role::kOwner;
  bool is_winding_down_ = false;
  bool releases_soon_ = false;
  std::vector<PendingCall> pending_;
  std::vector<Held> held_;
  std::deque<Held> once_held_;             // to try with stale tokens
  std::set<lockservice::Token> updating_;  // under these; one update at a time
  std::uint64_t calls_ = 0;
};

}  // namespace paxos::sim
