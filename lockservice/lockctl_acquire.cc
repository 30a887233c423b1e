#include "lockservice/lockctl_acquire.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lockservice/lockctl_format.h"

namespace lockservice {

using paxos::net::Now;

namespace {

// A lock that is granted sooner is not worth a word.
constexpr paxos::Duration kTellAfter = std::chrono::milliseconds{500};

// Who holds a lock and who waits, for the user.
struct QueueText {
  std::string text{};
  bool has_own_place = false;
};

// None if the cluster does not say.
std::optional<QueueText> DescribeQueue(Cluster& cluster, const std::string& name) {
  const auto result = cluster.Wait(cluster.client().Read(Now(), GetQueue{name}, kTellAfter * 4));
  const auto* read = result ? std::get_if<ReadResult>(&*result) : nullptr;
  if (read == nullptr) return std::nullopt;
  const auto& view = std::get<QueueView>(read->reply);
  std::string text = name + " is " + HumanHolder(view.holder, read->log_time);
  const auto own = std::find_if(
      view.waiters.begin(), view.waiters.end(),
      [&](const Waiter& waiter) { return waiter.session == cluster.client().session(); });
  const bool has_own_place = own != view.waiters.end();
  if (has_own_place) {
    text += "; place " + std::to_string(own - view.waiters.begin() + 1) + " of " +
            std::to_string(view.waiting) + " in the queue";
  } else if (view.waiting > 0) {
    text += "; " + std::to_string(view.waiting) + " waiting";
  }
  return QueueText{std::move(text), has_own_place};
}

// The answer; what it waits for is told meanwhile.
std::optional<CallResult> WaitForGrant(Cluster& cluster, const AcquireFlags& flags, CallId call) {
  std::optional<CallResult> result = cluster.Wait(call, kTellAfter);
  if (result || flags.no_wait) return result ? result : cluster.Wait(call);
  const auto queue = DescribeQueue(cluster, flags.name);
  if (queue && queue->has_own_place) Say("waiting: " + queue->text);
  return cluster.Wait(call);
}

int ExplainConflict(Cluster& cluster, const AcquireFlags& flags, const std::string& what) {
  const auto queue = DescribeQueue(cluster, flags.name);
  Say(what + (queue ? ": " + queue->text : ""));
  return flags.conflict_code;
}

int Explain(Cluster& cluster, const AcquireFlags& flags, const CallResult& result) {
  if (std::holds_alternative<Busy>(result)) return ExplainConflict(cluster, flags, "not granted");
  if (const auto* refused = std::get_if<LockError>(&result)) {
    const bool is_bound =
        *refused == LockError::kTooManyLocks || *refused == LockError::kTooManyWaiters;
    return Fail(is_bound ? ExitCode::kTryLater : ExitCode::kUsage,
                flags.name + ": " + Name(*refused));
  }
  const auto& error = std::get<CallError>(result);
  if (error.why != CallFailure::kTimedOut) return cluster.Explain(error);
  const auto waited = flags.wait.value_or(cluster.settings().patience);
  return ExplainConflict(cluster, flags, "not granted within " + HumanDuration(waited));
}

}  // namespace

Acquisition TakeLock(Cluster& cluster, const AcquireFlags& flags) {
  AcquireOptions acquire;
  acquire.name = flags.name;
  acquire.owner = kCommandLineOwner;
  acquire.mode = flags.no_wait ? AcquireMode::kTry : AcquireMode::kWait;
  acquire.note = flags.note;
  acquire.timeout = flags.wait;
  if (flags.no_wait) acquire.timeout = cluster.settings().patience;
  const CallId call = cluster.client().Acquire(Now(), std::move(acquire));
  const std::optional<CallResult> result = WaitForGrant(cluster, flags, call);
  if (!result) return {};
  if (const auto* granted = std::get_if<Granted>(&*result)) return {*granted, 0};
  return {std::nullopt, Explain(cluster, flags, *result)};
}

}  // namespace lockservice
