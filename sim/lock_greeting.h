// The hellos that lock servers exchange before anything else, judged by the code that judges them
// between real processes (rule N1).
#pragma once

#include "sim/program.h"

namespace paxos::sim {

Status JudgeGreeting(const Greeting& greeting);

}  // namespace paxos::sim
