"""The control plane: operations, the control loop, effects and observation."""
