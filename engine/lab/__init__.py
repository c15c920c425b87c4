"""What runs beside torch: the code under test, the probes, the exam and the referee."""
