// One closed-loop client: the shipped lockservice::Client, a session, and a script whose operations
// follow one another without a pause.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "bench/lockbench_connections.h"
#include "bench/lockbench_script.h"
#include "lockservice/client.h"
#include "paxos/time.h"

namespace bench {

class LoadClient;

// Whoever runs the clients.
class LoadEvents {
 public:
  virtual ~LoadEvents() = default;
  virtual void OnOperation(const LoadClient& client, paxos::Instant begin, paxos::Instant end) = 0;
  virtual void OnFailure(const LoadClient& client, const lockservice::CallResult& why) = 0;
  // The client wants OnTime then; a later wish replaces an earlier one only in effect.
  virtual void WakeAt(const LoadClient& client, paxos::Instant when) = 0;
};

// Whoever keeps a history of what clients were told and believed.
class LoadObserver {
 public:
  virtual ~LoadObserver() = default;
  virtual void OnRequest(const LoadClient& client, const lockservice::Request& request) = 0;
  virtual void OnResponse(const LoadClient& client, const lockservice::Response& response) = 0;
  virtual void OnState(const LoadClient& client, const lockservice::StateChange& change) = 0;
  virtual void OnCompletion(const LoadClient& client,
                            const lockservice::Completion& completion) = 0;
  // After each input and its consequences: what does the client believe now?
  virtual void OnStep(const LoadClient& client, paxos::Instant now) = 0;
};

class LoadClient final : public ConnectionUser {
 public:
  struct Options {
    UserNumber number = 0;
    lockservice::ClientOptions client{};
    std::chrono::milliseconds ttl{10'000};
    LoadObserver* observer = nullptr;  // or none
  };

  // All must outlive it.
  LoadClient(const Options& options, std::unique_ptr<Script> script, SharedConnections& connections,
             LoadEvents& events);
  ~LoadClient() override;
  LoadClient(const LoadClient&) = delete;
  LoadClient& operator=(const LoadClient&) = delete;

  // Opens the session; IsReady tells when it is there.
  void Open();
  // Begins operations, or no further ones.
  void Run();
  void Pause() { is_running_ = false; }
  // Closes the session, once idle.
  void Close();
  void OnTime();

  [[nodiscard]] bool IsReady() const;
  [[nodiscard]] bool IsBetweenOperations() const { return !operation_begin_; }
  // No call is pending, the client's own included.
  [[nodiscard]] bool IsIdle() const { return !operation_begin_ && client_.pending() == 0; }
  [[nodiscard]] UserNumber number() const { return options_.number; }
  [[nodiscard]] const lockservice::Client& client() const { return client_; }
  // Since when it is connected to the server that it talks to.
  [[nodiscard]] paxos::Instant connected_at() const { return connected_at_; }

  void OnConnected() override;
  void OnDisconnected() override;
  void OnResponse(const lockservice::Response& response) override;

 private:
  void CarryOut(paxos::Instant now);
  void Report(const lockservice::ClientOutput& output) const;
  void OnCompletion(paxos::Instant now, const lockservice::Completion& completion);
  void OnNext(paxos::Instant now, const Next& next, const lockservice::CallResult& result);
  void BeginOperation(paxos::Instant now);
  void EndOperation(paxos::Instant now);
  void Rest(paxos::Instant until);
  void OnRested(paxos::Instant now);

  const Options options_;
  std::unique_ptr<Script> script_;
  SharedConnections& connections_;
  LoadEvents& events_;
  lockservice::Client client_;
  lockservice::LinkId link_{};
  paxos::Instant connected_at_{};
  bool is_running_ = false;
  std::optional<paxos::Instant> operation_begin_{};  // none: no operation is under way
  paxos::Instant rest_until_ = paxos::kNever;
};

}  // namespace bench
