// What a Session and its Locks share: the thread that runs their client, and how other threads
// call it.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "lockservice/client_io.h"
#include "lockservice/client_session_io.h"

namespace lockservice {

class SessionThread final : private ClientEvents {
 public:
  explicit SessionThread(SessionOptions options);
  // Stop must have been called.
  ~SessionThread() override;

  // Begins a call of the client and waits for its completion. `cancel` withdraws it.
  CallResult Call(std::function<CallId(Client&, paxos::Instant)> begin,
                  const std::stop_token& cancel = {});
  // The same without waiting; nobody hears of the completion.
  void Begin(std::function<CallId(Client&, paxos::Instant)> begin);
  // The last call: waits for the thread's end. What is pending completes as kNoSession.
  void Stop();

  [[nodiscard]] const SessionOptions& options() const { return options_; }
  [[nodiscard]] OwnerId NextOwner() { return OwnerId(++last_owner_); }
  [[nodiscard]] paxos::Instant valid_until() const {
    return paxos::Instant(paxos::Duration(valid_until_.load()));
  }
  // Of locks that are granted now.
  [[nodiscard]] std::stop_token stop_token();

 private:
  using Promise = std::promise<CallResult>;

  void OnCompletion(const Completion& completion) override;
  void OnStateChange(const StateChange& change) override;
  void OnTurnEnd() override;
  bool Post(std::function<void()> function);

  const SessionOptions options_;
  std::atomic<std::uint64_t> last_owner_ = 0;
  std::atomic<std::int64_t> valid_until_;

  std::mutex mutex_;  // guards what is below
  std::stop_source stop_source_;
  bool is_stopped_ = false;

  // ---- the thread's own
  std::map<CallId, std::shared_ptr<Promise>> promises_;
  paxos::net::Runtime runtime_;
  ClientLoop loop_;
  std::thread thread_;
};

}  // namespace lockservice
