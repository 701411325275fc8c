"""Engines that run containers: Docker and simulated, behind `protocol.ContainerEngine`."""
