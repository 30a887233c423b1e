// One node of the lock service without its sockets: requests, messages and time in; proposals,
// responses and timers out. Pure: the same class runs in lockd and in the simulator.
//
//   OnRequest -> validate -> attach (session, seq) to the connection -> Node::Propose / Read
//   Drain     -> Node::Drain -> OnApplied / OnProposal / OnRead -> responses
//   TakeResponses -> to the connections
//
// The owner calls inputs as they come, Drain at the end of each turn of its loop, and then takes
// the responses. Peers' messages, disk events and link events go to node() directly.
//
// A request that waits is answered on the newest connection that asked for its (session, seq): a
// retry on a new connection takes the answer over. A server that loses leadership answers
// everything it still owes at once, so that clients move on. Each bound has a typed answer.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lockservice/lock_table.h"
#include "lockservice/protocol.h"
#include "lockservice/server_requests.h"
#include "paxos/node.h"
#include "paxos/session_keeper.h"
#include "paxos/session_table.h"

namespace lockservice {

// How clients know a node.
struct ServerIdentity {
  std::string name{};            // "n1"
  std::string client_address{};  // "127.0.0.1:7201"; in NotLeader, so that clients need not guess
  friend bool operator==(const ServerIdentity&, const ServerIdentity&) = default;
};

struct ServerOptions {
  paxos::ReplicaOptions replica{};
  paxos::SessionTableOptions sessions{};
  paxos::SessionKeeperOptions keeper{};
  LockTableOptions locks{};
  std::map<paxos::NodeId, ServerIdentity> nodes{};  // every node of the cluster
  RequestTableOptions requests{};

  [[nodiscard]] paxos::Status Validate() const;
};

// A response and the connection it goes to.
struct AddressedResponse {
  ConnectionId to{};
  Response response{};
  friend bool operator==(const AddressedResponse&, const AddressedResponse&) = default;
};

class Server final : private paxos::NodeEvents {
 public:
  // `observer`, if any, is told everything the node tells the server, first. All must outlive the
  // server.
  Server(const ServerOptions& options, paxos::Storage& storage, paxos::Transport& transport,
         paxos::NodeEvents* observer = nullptr);

  // Recovers and replays, telling `replay_progress` now and then how far it is. Before any input.
  paxos::Status Start(
      paxos::Instant now,
      const std::function<void(paxos::Slot at, paxos::Slot of)>& replay_progress = {});

  // ---- inputs
  void OnRequest(paxos::Instant now, ConnectionId from, Request request);
  void OnDisconnect(ConnectionId connection);
  void OnTime(paxos::Instant now);
  // Receive, OnDurable, OnWriteFailed, OnLinkUp and OnLinkDown are the node's.
  [[nodiscard]] paxos::Node& node() { return node_; }

  // ---- the end of a turn
  void Drain(paxos::Instant now);
  [[nodiscard]] std::vector<AddressedResponse> TakeResponses();
  [[nodiscard]] paxos::Instant next_wakeup() const;

  // ---- what it is like
  [[nodiscard]] const paxos::Node& node() const { return node_; }
  [[nodiscard]] const LockTable& locks() const { return locks_; }
  [[nodiscard]] const paxos::SessionTable& sessions() const { return sessions_; }
  [[nodiscard]] paxos::CommandIndex applied() const { return applied_; }
  [[nodiscard]] paxos::LogTime log_time() const { return log_time_; }
  // Requests that are owed an answer.
  [[nodiscard]] std::size_t pending() const { return requests_.size(); }
  // For StatusResult: the shell's count of client connections.
  void set_connections(std::size_t connections) { connections_ = connections; }

 private:
  // ---- one per request type
  void On(const Asker& asker, const OpenRequest& open);
  void On(const Asker& asker, const CallRequest& call);
  void On(const Asker& asker, const CancelRequest& cancel);
  void On(const Asker& asker, const KeepAliveRequest& keep_alive);
  void On(const Asker& asker, const CloseRequest& close);
  void On(const Asker& asker, const ReadRequest& read);
  void On(const Asker& asker, const StatusRequest& status);
  void Submit(const Asker& asker, const paxos::SessionCommand& command, paxos::Urgency urgency);
  void SubmitCall(PendingRequest request, const paxos::SessionCommand& command,
                  paxos::Urgency urgency);
  // What must be proposed for the sessions' sake: Renew and Tick.
  void ProposeDuties();

  // ---- paxos::NodeEvents
  void OnApplied(const paxos::ApplyContext& context, const paxos::Applied& applied) override;
  void OnProposal(const paxos::Done& outcome, const std::optional<std::string>& reply) override;
  void OnRead(const paxos::Done& outcome) override;
  void OnRole() override;
  void OnFailed(const paxos::Status& why) override;

  void OnChosen(PendingId id, paxos::CommandIndex index, const std::optional<std::string>& reply);
  void AnswerNotDone(PendingId id, ResponseBody body);
  void AnswerKeepAlives();
  void AnswerAllNotLeader();
  void Reply(const Asker& asker, ResponseBody body);
  [[nodiscard]] ResponseBody WhyRefused(paxos::Refusal why,
                                        std::optional<paxos::NodeId> leader) const;
  [[nodiscard]] NotLeader WhereToAsk(std::optional<paxos::NodeId> leader) const;
  [[nodiscard]] QueryReply Answer(const Query& query) const;
  [[nodiscard]] StatusResult DescribeNode() const;
  [[nodiscard]] std::optional<paxos::LogTime> LeaderLogTime() const;
  [[nodiscard]] bool IsLeading() const;

  ServerOptions options_;
  paxos::NodeEvents* observer_;
  LockTable locks_;
  paxos::SessionTable sessions_;
  paxos::SessionKeeper keeper_;
  RequestTable requests_;
  paxos::Node node_;
  paxos::Instant now_{};
  bool was_leading_ = false;
  paxos::CommandIndex applied_{};
  paxos::LogTime log_time_{};
  std::size_t connections_ = 0;
  std::vector<AddressedResponse> responses_;
};

}  // namespace lockservice
