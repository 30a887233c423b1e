// A transcript that reads the bytes which clients and servers exchange.
#pragma once

#include "sim/transcript.h"

namespace paxos::sim {

class LockTranscript final : public Transcript {
 public:
  using Transcript::Transcript;

 protected:
  [[nodiscard]] std::string Describe(const Event& event) const override;
  [[nodiscard]] std::string Describe(const Applied& applied) const override;
};

}  // namespace paxos::sim
