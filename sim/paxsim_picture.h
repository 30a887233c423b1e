// A run as a space-time diagram: machines are lanes, what they go through are spans and points on
// them, messages are arrows between them. Collected while the run goes on, written as JSON for
// explain.html.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/lock_spectator.h"
#include "sim/paxsim_run.h"
#include "sim/spectator.h"

namespace paxos::sim {

class Picture final : public Spectator, public LockSpectator {
 public:
  // Nodes are lanes 1..n; a client's lane is kClients + its id. Lane 0 belongs to faults.
  static constexpr std::uint64_t kClients = 1000;

  // One JSON object; `title` says what was run.
  [[nodiscard]] std::string ToJson(const std::string& title, const SeedResult& result) const;

  // ---- Spectator
  void OnBegin(const Cluster& cluster) override;
  void OnEvent(const EventView& event) override;
  void OnStart(NodeId node, const DiskImage& image) override;
  void OnStop(NodeId node) override;
  void OnSend(const Envelope& envelope) override;
  void OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnApply(NodeId node, const ApplyContext& context, const Applied& applied) override;
  void OnLead(NodeId node, const Ballot& ballot) override;
  void OnStepDown(NodeId node) override;

  // ---- LockSpectator
  void OnGranted(const std::string& name, const lockservice::Holder& holder) override;
  void OnGrantOver(const std::string& name, const lockservice::Holder& holder) override;
  void OnRequestSent(ClientId from, NodeId to, const lockservice::Request& request) override;
  void OnResponseSent(NodeId from, SocketId to, const lockservice::Response& response) override;
  void OnResponse(ClientId to, SocketId from, const lockservice::Response& response) override;
  void OnState(ClientId client, const lockservice::StateChange& change) override;
  void OnFenced(const std::string& name, lockservice::Token token) override;

 private:
  using Lane = std::uint64_t;
  struct Arrow {
    Time sent{};
    Lane from = 0;
    std::optional<Time> arrived{};  // none: lost, or on its way at the end
    Lane to = 0;
    std::string type{};
    std::uint64_t slot = 0;  // 0: about none
    std::string text{};
  };
  struct Span {
    Lane lane = 0;
    std::string kind{};
    Time from{};
    std::optional<Time> to{};  // none: the end
    std::string text{};
  };
  struct Point {
    Time at{};
    Lane lane = 0;
    std::string kind{};
    std::uint64_t slot = 0;
    std::string text{};
  };
  using Spans = std::map<std::string, std::size_t>;  // the open ones: their places in spans_

  [[nodiscard]] Time now() const;
  void Open(Lane lane, const std::string& kind, const std::string& name, std::string text);
  void Close(Lane lane, const std::string& kind, const std::string& name);
  void CloseAll(Lane lane);
  void Add(Lane lane, std::string kind, std::uint64_t slot, std::string text);
  void Send(const std::string& key, Arrow arrow);
  // The arrow that arrives; null if nothing like it was sent.
  Arrow* Arrive(const std::string& key);
  void OnClient(const std::string& text);
  [[nodiscard]] Lane LaneOf(SessionId session) const;
  // Two places that show why it failed: where it did, and who disagrees.
  [[nodiscard]] std::vector<Point> Witnesses(const SeedResult& result) const;

  const Cluster* cluster_ = nullptr;
  std::vector<Arrow> arrows_;
  std::vector<Span> spans_;
  std::vector<Point> points_;
  std::map<Lane, Spans> open_;
  std::map<std::string, std::deque<std::size_t>> in_flight_;  // by bytes; the last stays
  std::map<SessionId, ClientId> sessions_;
  std::map<Lane, bool> lanes_;
};

}  // namespace paxos::sim
