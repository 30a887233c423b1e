// The cluster as a command of lockctl sees it: one client on one runtime, waited for call by call.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "lockservice/client_io.h"
#include "lockservice/lockctl.h"

namespace lockservice {

class Cluster final : private ClientEvents {
 public:
  explicit Cluster(const Settings& settings);

  [[nodiscard]] Client& client() { return loop_.client(); }
  [[nodiscard]] paxos::net::Runtime& runtime() { return runtime_; }
  [[nodiscard]] const Settings& settings() const { return settings_; }

  // Wait then gives calls up as soon as this says so.
  void InterruptWhen(std::function<bool()> is_interrupted) {
    is_interrupted_ = std::move(is_interrupted);
  }

  // Runs the loop until the call completes; nothing if it was interrupted before.
  std::optional<CallResult> Wait(CallId call);
  // The same, but for so long only.
  std::optional<CallResult> Wait(CallId call, paxos::Duration at_most);

  // A session of its own; false if there is none, having said why (`exit_code` then).
  bool Open(std::chrono::milliseconds ttl, int* exit_code);
  // An answer to a query; none as above.
  std::optional<ReadResult> Read(Query query, int* exit_code);

  // Says what went wrong and what to do about it; the exit code for it.
  int Explain(const CallError& error);

 private:
  void OnCompletion(const Completion& completion) override;

  Settings settings_;
  paxos::net::Runtime runtime_;
  std::map<CallId, CallResult> completed_;
  std::function<bool()> is_interrupted_ = [] { return false; };
  ClientLoop loop_;
};

// How a client of this process is set up, over `endpoints`.
ClientOptions ClientOptionsFor(std::vector<std::string> endpoints);

}  // namespace lockservice
