// A light that is on while a key is down, and MIDI Out that repeats what came in: MIDI in a Verilog project.
// packet_port.v was made by: python -m hdl.verilog packet_port --clk-freq 12e6 -o packet_port.v

module top (
  input  clk,
  input  midi_in,   // from the optocoupler: high in idle
  output midi_out,  // to the buffer: high in idle
  output midi_thru,
  output led_n      // lit when low
);
  // An iCE40 begins with all registers 0 while its block RAMs still wake up: stay in reset for 256 clocks.
  reg [8:0] begun = 0;
  wire rst = !begun[8];
  always @(posedge clk) if (rst) begun <= begun + 1;

  // A USB-MIDI event packet: code index number in bits 3:0, cable in 7:4, then three bytes.
  wire [31:0] packet;
  wire valid, ready;

  packet_port midi (
    .clk(clk), .rst(rst),
    .midi_in(midi_in), .midi_out(midi_out), .midi_thru(midi_thru),
    .packets_out__payload(packet), .packets_out__valid(valid), .packets_out__ready(ready),
    .packets_in__payload(packet), .packets_in__valid(valid), .packets_in__ready(ready),
    .realtime__payload(8'd0), .realtime__valid(1'b0)
  );

  // Note On with velocity 0 is Note Off.
  wire note_on  = packet[3:0] == 4'h9 && packet[31:24] != 0;
  wire note_off = packet[3:0] == 4'h8 || (packet[3:0] == 4'h9 && packet[31:24] == 0);
  reg lit = 0;
  always @(posedge clk)
    if (valid && ready) begin
      if (note_on) lit <= 1;
      else if (note_off) lit <= 0;
    end
  assign led_n = !lit;
endmodule
