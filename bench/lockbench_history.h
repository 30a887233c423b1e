// Writes what the clients of a run were told and believed (bench/lock_history.h).
#pragma once

#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "bench/lock_history.h"
#include "bench/lockbench_client.h"

namespace bench {

class HistoryRecorder final : public LoadObserver {
 public:
  // Makes the file anew.
  explicit HistoryRecorder(const std::string& path) : file_(path, std::ios::trunc) {
    Write(paxos::sim::HistoryHead{});
  }

  // From now on the next grant over a new connection is waited for.
  void OnStrike(paxos::Instant at);
  [[nodiscard]] std::optional<paxos::Instant> next_grant() const { return next_grant_; }

  void Write(const HistoryLine& line);
  // Nobody believes anything any more. False if something could not be written.
  bool Finish(paxos::Instant now);

  void OnRequest(const LoadClient& client, const lockservice::Request& request) override;
  void OnResponse(const LoadClient& client, const lockservice::Response& response) override;
  void OnState(const LoadClient& client, const lockservice::StateChange& change) override;
  void OnCompletion(const LoadClient& client, const lockservice::Completion& completion) override;
  void OnStep(const LoadClient& client, paxos::Instant now) override;

 private:
  struct Believer {
    paxos::Instant valid_until{};  // as of the last step
    std::map<lockservice::HoldingKey, Belief> beliefs{};
  };
  using RequestKey = std::pair<UserNumber, lockservice::RequestId>;

  void EndBeliefs(const LoadClient& client, paxos::Instant now, Believer& believer);
  void BeginBeliefs(const LoadClient& client, paxos::Instant now, Believer& believer);
  void End(Belief belief, paxos::Instant end);

  std::ofstream file_;
  std::map<RequestKey, lockservice::RequestBody> requests_;  // that are not answered
  std::map<RequestKey, paxos::sim::Deal> deals_;             // that are not completed
  std::map<UserNumber, Believer> believers_;
  std::optional<paxos::Instant> struck_at_;
  std::optional<paxos::Instant> next_grant_;
};

}  // namespace bench
