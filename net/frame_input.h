// Cuts a stream of bytes into frames. Pure: bytes in, frames out, no socket.
#pragma once

#include <string>
#include <string_view>

#include "paxos/frame.h"
#include "paxos/result.h"

namespace paxos::net {

class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // False: no more frames, please. The payload is dead once the call returns.
  virtual bool TakeFrame(const Frame& frame) = 0;
};

// Keeps only the beginning of a frame whose end has not come, so a quiet stream costs nothing. What
// it keeps is bounded by the type's cap plus one Feed.
class FrameInput {
 public:
  explicit FrameInput(const FrameLimits& limits) : reader_(limits) {}

  // Holds from the next frame on; may be called from TakeFrame.
  void SetLimits(const FrameLimits& limits) { reader_ = FrameReader(limits); }

  // Hands every frame that is whole by now to `sink`. An error (FrameReader::Next) is final.
  Status Feed(std::string_view bytes, FrameSink& sink);

  [[nodiscard]] std::size_t buffered_bytes() const { return rest_.size(); }

 private:
  // How many bytes were used up by frames.
  Result<std::size_t> Cut(std::string_view bytes, FrameSink& sink) const;

  FrameReader reader_;
  std::string rest_{};
};

}  // namespace paxos::net
