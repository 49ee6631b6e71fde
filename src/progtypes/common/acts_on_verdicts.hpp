// An invocation whose verdicts are acted on, at least in some modes, so that a test run answers 0 instead of one.
#pragma once

namespace skep::progtypes {

class ActsOnVerdicts {
 public:
  virtual bool acts_on_verdicts() const = 0;

 protected:
  ~ActsOnVerdicts() = default;
};

}  // namespace skep::progtypes
