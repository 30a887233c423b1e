// A run in words, one line per event, in the same words as logs and check failures:
//
//   12.345678 n2 deliver {from=1 to=2 durable=7 message=Accept{ballot=1.1 slot=3 ...}}
//                n2 write #8 [Accepted{slot=3 ...}]
//                n2 send {from=2 to=1 ...}
//
// An indented line is what a node does about the event above it.
#pragma once

#include <functional>
#include <string>

#include "sim/spectator.h"

namespace paxos::sim {

class Transcript : public Spectator {
 public:
  using Sink = std::function<void(const std::string& line)>;
  explicit Transcript(Sink sink) : sink_(std::move(sink)) {}

  void OnEvent(const EventView& view) override;
  void OnSend(const Envelope& envelope) override;
  void OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnStored(NodeId node, const std::vector<Record>& batch, PersistSeq seq) override;
  void OnApply(NodeId node, const ApplyContext& context, const Applied& applied) override;
  void OnLead(NodeId node, const Ballot& ballot) override;

 protected:
  // What stands behind the kind of an event. A workload whose clients speak in bytes knows better.
  [[nodiscard]] virtual std::string Describe(const Event& event) const;
  [[nodiscard]] virtual std::string Describe(const Applied& applied) const;

 private:
  void Indented(NodeId node, const std::string& text);

  Sink sink_;
};

// "12.345678": seconds, to the microsecond.
std::string ShortText(Time time);

}  // namespace paxos::sim
